"""The features of EfficientNet-Lite0 in onnxruntime: ort_peer.py nchw THREADS

The graph has convolutions with batch norm folded in, and Clip for ReLU6; onnxruntime fuses and lays out what it likes.
"""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from nets import lite_parts, lite_weights
from serve import serve


def graph(params, shape):
    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def node(kind, inputs, out, **attributes):
        nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out

    low, high = constant("low", 0), constant("high", 6)
    x, start = "x", "x"
    for i, (scope, conv, norm, kernel, stride, (before, after), depthwise, act, begins, adds) in enumerate(lite_parts(shape[2])):
        if begins:
            start = x
        w, b = lite_weights(params, scope, conv, norm)
        inputs = [x, constant(f"w{i}", w), constant(f"b{i}", b)]
        x = node(
            "Conv", inputs, f"c{i}", kernel_shape=[kernel, kernel], strides=[stride, stride],
            pads=[before, before, after, after], group=len(w) if depthwise else 1,
        )
        if act:
            x = node("Clip", [x, low, high], f"a{i}")
        if adds:
            x = node("Add", [x, start], f"s{i}")
    node("Flatten", [node("GlobalAveragePool", [x], "g")], "f")
    g = helper.make_graph(
        nodes, "lite0", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("f", TensorProto.FLOAT, [shape[0], 1280])], constants,
    )
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", 17)])
    m.ir_version = 8
    return m


def main():
    threads = int(sys.argv[2])

    def setup(net, params, inputs, method):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        x, last = inputs["x"], None
        session = onnxruntime.InferenceSession(graph(params, x.shape).SerializeToString(), options, providers=["CPUExecutionProvider"])

        def step():
            nonlocal last
            last = session.run(None, {"x": x})[0]

        def finish():
            return float(last.mean()), float(np.square(last).mean())

        return step, finish, lambda: params

    serve("onnxruntime", onnxruntime.__version__, setup)


main()
