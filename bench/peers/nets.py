"""The networks of bench/workload.go over any array library.

`ops` gives the operations in the library's own layout, `params` the weights by name. Biases and zeros
around the image are arguments of the convolution, so that each library fuses what it can fuse.
"""


FIXED = (1 + 1e-5) ** -0.5  # of a batch norm with a fixed variance of 1


class Net:
    def __init__(self, ops, params):
        self.ops, self.params, self.counts = ops, params, {}

    def named(self, kind, scope=""):
        name = scope + kind
        self.counts[name] = self.counts.get(name, 0) + 1
        name += str(self.counts[name])
        return self.params[name + ".weight"], self.params.get(name + ".bias")

    def conv(self, x, stride=1, padding=(0, 0)):
        w, b = self.named("conv")
        return self.ops.conv(x, w, b, stride, padding)

    def dense(self, x):
        return self.ops.dense(x, *self.named("dense"))

    def norm(self, x):
        return self.ops.norm(x, *self.named("norm"))


def lenet(ops, params, x):
    net = Net(ops, params)
    h = ops.max_pool(ops.relu(net.conv(x, padding=(2, 2))))
    h = ops.max_pool(ops.relu(net.conv(h)))
    h = ops.flatten(ops.relu(net.conv(h)))
    return net.dense(ops.relu(net.dense(h)))


def lenetcaffe(ops, params, x):
    net = Net(ops, params)
    h = ops.max_pool(net.conv(x))
    h = ops.max_pool(net.conv(h))
    return net.dense(ops.relu(net.dense(ops.flatten(h))))


def resnet(ops, params, x):
    net = Net(ops, params)
    h = ops.relu(net.norm(net.conv(x, padding=(1, 1))))
    for stage in range(3):
        for block in range(3):
            stride = 2 if stage > 0 and block == 0 else 1
            y = ops.relu(net.norm(net.conv(h, stride, (1, 1))))
            y = net.norm(net.conv(y, 1, (1, 1)))
            if stride == 2:
                h = ops.widen(ops.avg_pool(h), ops.channels(y))
            h = ops.relu(y + h)
    return net.dense(ops.spatial_mean(h))


def resnet18(ops, params, x):
    """Batch norm is a fixed map, of mean 0 and variance 1, whose scale and shift are trained: it is
    folded into the filter and the bias of its convolution."""
    net = Net(ops, params)

    def unit(x, scope, stride, padding):
        (w, _), (scale, shift) = net.named("conv", scope), net.named("norm", scope)
        return ops.conv(x, ops.scaled(w, scale * FIXED), shift, stride, (padding, padding))

    h = ops.overlapping_max_pool(ops.relu(unit(x, "stem/", 2, 3)))
    for stage in range(1, 5):
        for block in (1, 2):
            scope, stride = f"stage{stage}/block{block}/", 2 if stage > 1 and block == 1 else 1
            y = ops.relu(unit(h, scope, stride, 1))
            y = unit(y, scope, 1, 1)
            if stride == 2:
                h = unit(h, scope, 2, 0)
            h = ops.relu(y + h)
    return ops.dense(ops.spatial_mean(h), *net.named("dense", "head/"))


LITE_FIXED = (1 + 1e-3) ** -0.5
LITE_STAGES = [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)]


def same(side, kernel, stride):
    """Zeros before and after, as TensorFlow's SAME puts them."""
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def lite_parts(side):
    """The convolutions of EfficientNet-Lite0 in their order: (scope, convolution, norm, kernel, stride, zeros before and
    after, depthwise, with ReLU6, begins a block, ends one with a shortcut)."""
    parts = [("stem/", "conv1", "norm1", 3, 2, same(side, 3, 2), False, True, False, False)]
    side, channels = -(-side // 2), 32
    for stage, (expand, kernel, stride, out, blocks) in enumerate(LITE_STAGES, 1):
        for block in range(1, blocks + 1):
            scope, by = f"stage{stage}/block{block}/", stride if block == 1 else 1
            convs = ["conv1"] * (expand > 1) + ["depthwise1", "conv2" if expand > 1 else "conv1"]
            for i, conv in enumerate(convs, 1):
                depthwise, last = conv == "depthwise1", i == len(convs)
                parts.append((
                    scope, conv, f"norm{i}", kernel if depthwise else 1, by if depthwise else 1,
                    same(side, kernel, by) if depthwise else (0, 0), depthwise, not last, i == 1,
                    last and by == 1 and channels == out,
                ))
            side, channels = -(-side // by), out
    return parts + [("last/", "conv1", "norm1", 1, 1, (0, 0), False, True, False, False)]


def lite_weights(params, scope, conv, norm):
    """Filter and bias of a convolution with its batch norm, of mean 0 and variance 1, folded in."""
    scale, shift = params[scope + norm + ".weight"] * LITE_FIXED, params[scope + norm + ".bias"]
    return params[scope + conv + ".weight"] * scale.reshape(-1, 1, 1, 1), shift


def critic(ops, params, x):
    net = Net(ops, params)
    for _ in range(3):
        # Zeros as TensorFlow's SAME puts them: 28 → 14 and 14 → 7 take one before and two after, 7 → 4 two and two.
        x = ops.leaky_relu(net.conv(x, 2, (1, 2) if ops.side(x) % 2 == 0 else (2, 2)))
    return net.dense(ops.flatten(x))


NETS = {"lenet": lenet, "lenetcaffe": lenetcaffe, "resnet": resnet, "resnet18": resnet18, "critic": critic}
LAMBDA, RATE = 0.01, 0.01
# Factors of a critic's penalties; SQUARED are those of squared slopes, without a root and a target.
LAMBDA_CRITIC = {"wgan-gp": 10.0, "r1": 1.0, "r1r2": 1.0, "roth": 1.0}
SQUARED = ("r1", "r1r2", "roth")
