"""The networks of bench/workload.go over any array library: `ops` gives the operations, `params` the weights by name."""


class Net:
    def __init__(self, ops, params):
        self.ops, self.params, self.counts = ops, params, {}

    def name(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def conv(self, x, stride=1, padding=0, bias=True):
        name = self.name("conv")
        y = self.ops.conv(x, self.params[name + ".weight"], stride, padding)
        return y + self.params[name + ".bias"].reshape(1, -1, 1, 1) if bias else y

    def dense(self, x):
        name = self.name("dense")
        return x @ self.params[name + ".weight"] + self.params[name + ".bias"]

    def norm(self, x):
        name = self.name("norm")
        return self.ops.norm(x, self.params[name + ".weight"], self.params[name + ".bias"])


def lenet(ops, params, x):
    net = Net(ops, params)
    h = ops.max_pool(ops.relu(net.conv(x, padding=2)))
    h = ops.max_pool(ops.relu(net.conv(h)))
    h = ops.relu(net.conv(h)).reshape(x.shape[0], -1)
    return net.dense(ops.relu(net.dense(h)))


def lenetcaffe(ops, params, x):
    net = Net(ops, params)
    h = ops.max_pool(net.conv(x))
    h = ops.max_pool(net.conv(h))
    return net.dense(ops.relu(net.dense(h.reshape(x.shape[0], -1))))


def resnet(ops, params, x):
    net = Net(ops, params)
    h = ops.relu(net.norm(net.conv(x, padding=1, bias=False)))
    for stage in range(3):
        for block in range(3):
            stride = 2 if stage > 0 and block == 0 else 1
            y = ops.relu(net.norm(net.conv(h, stride, 1, bias=False)))
            y = net.norm(net.conv(y, 1, 1, bias=False))
            if stride == 2:
                h = ops.widen(ops.avg_pool(h), y.shape[1])
            h = ops.relu(y + h)
    return net.dense(h.mean((2, 3)))


def critic(ops, params, x):
    net = Net(ops, params)
    for _ in range(3):
        # Zeros as TensorFlow's SAME puts them: 28 → 14 and 14 → 7 take one before and two after, 7 → 4 two and two.
        total = 3 if x.shape[2] % 2 == 0 else 4
        x = ops.leaky_relu(net.conv(ops.pad(x, total // 2, total - total // 2), stride=2))
    return net.dense(x.reshape(x.shape[0], -1))


NETS = {"lenet": lenet, "lenetcaffe": lenetcaffe, "resnet": resnet, "critic": critic}
LAMBDA, LAMBDA_CRITIC, RATE = 0.01, 10.0, 0.01
