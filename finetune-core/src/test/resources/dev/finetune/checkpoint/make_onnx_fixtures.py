#!/usr/bin/env python3
"""Writes the small ONNX files of OnnxFileTest beside itself, with onnx 1.23: elements are 0, 1, 2 ... in the order of the file."""
import os
import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper

here = os.path.dirname(os.path.abspath(__file__))


def raw(name, array):
    return numpy_helper.from_array(np.ascontiguousarray(array), name)


def counted(dtype, *shape):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def typed(name, kind, shape, values):
    return h.make_tensor(name, kind, shape, values)


def model(name, initializers, nodes, external=None):
    x = h.make_tensor_value_info("x", T.FLOAT, ["batch", 2])
    y = h.make_tensor_value_info("y", T.FLOAT, ["batch", 2])
    made = h.make_model(h.make_graph(nodes, "tiny", [x], [y], initializers), opset_imports=[h.make_opsetid("", 17)])
    made.ir_version = 8
    path = os.path.join(here, name)
    if external:
        onnx.save_model(made, path, save_as_external_data=True, location=external, size_threshold=0)
        os.chmod(os.path.join(here, external), 0o644)
    else:
        onnx.save(made, path)


half = counted(np.float16, 2, 3)
model(
    "tiny.onnx",
    [
        typed("net.first.bias", T.FLOAT, [3], [0, 1, 2]),
        raw("onnx::MatMul_1", counted(np.float32, 2, 3)),
        typed("net.second.weight", T.FLOAT16, [2, 3], half.ravel()),
        typed("net.second.bias", T.BFLOAT16, [2], [0, 1]),
        raw("other.scale.weight", counted(np.float64, 4)),
        raw("other.position_ids", counted(np.int64, 1, 4)),
        raw("onnx::MatMul_2", counted(np.float32, 2, 2)),
    ],
    [
        h.make_node("MatMul", ["x", "onnx::MatMul_1"], ["a"], "MatMul_7"),
        h.make_node("Add", ["net.first.bias", "a"], ["b"], "Add_8"),
        h.make_node("Gemm", ["b", "net.second.weight", "net.second.bias"], ["c"], "/net/second/Gemm", transB=1),
        h.make_node("Identity", ["net.second.bias"], ["net.third.bias"], "Identity_1"),
        h.make_node("MatMul", ["c", "onnx::MatMul_2"], ["d"], "/net/third/MatMul"),
        h.make_node("Add", ["d", "net.third.bias"], ["y"], "/net/third/Add"),
    ],
)
model(
    "tiny-external.onnx",
    [raw("model.first.bias", counted(np.float32, 3)), raw("onnx::MatMul_1", counted(np.float32, 2, 3))],
    [
        h.make_node("MatMul", ["x", "onnx::MatMul_1"], ["a"], "/model/first/MatMul"),
        h.make_node("Add", ["model.first.bias", "a"], ["y"], "/model/first/Add"),
    ],
    "tiny.onnx_data",
)
