"""Makes the files that the tests of dev.finetune.checkpoint read, and what they must find in them (expected.json).

Run in this directory: python make_fixtures.py
Needs torch, safetensors, numpy and huggingface_hub; made with torch 2.13.0 and safetensors 0.8.0.
"""

import argparse
import base64
import collections
import datetime
import io
import json
import os
import pathlib
import pickle
import shutil
import struct
import tarfile
import zipfile
import zlib

import huggingface_hub
import numpy
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
EXPECTED = {}


def raw(tensor):
    """The bytes of a tensor, row-major and little-endian."""
    flat = tensor.detach().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes().hex() if flat.numel() else ""


def expect(file, tensors):
    EXPECTED[file] = {
        name: {"dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "hex": raw(t)}
        for name, t in tensors.items()
    }


def all_dtypes():
    torch.manual_seed(1)
    whole = torch.tensor([[0, 1, 2], [127, 100, 3]])
    return {
        "f64": torch.randn(2, 3, dtype=torch.float64),
        "f32": torch.tensor([[1.5, -0.0, float("inf")], [float("-inf"), float("nan"), 1e-40]]),
        "f16": torch.randn(3, 2).half(),
        "bf16": torch.randn(5).bfloat16(),
        "i64": torch.tensor([2**62, -(2**63), 5]),
        "i32": (whole * -1000000).int(),
        "i16": (whole * -250).short(),
        "i8": -whole.char(),
        "u8": (whole * 2).byte(),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(3.25),
        "scalar.i64": torch.tensor(42),
        "empty": torch.empty(0, 3),
        "ünïcode.ключ.鍵": torch.ones(1, 1, 1, 2),
    }


def save(name, value, tensors, **how):
    torch.save(value, HERE / name, **how)
    expect(name, tensors)


def views():
    base = torch.arange(24, dtype=torch.float32).reshape(6, 4)
    linear = torch.nn.Linear(3, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.arange(6).reshape(2, 3))
        linear.bias.copy_(torch.arange(2))
    state = linear.state_dict()  # an OrderedDict with _metadata
    state["base"] = base
    state["tied"] = base
    state["transposed"] = base.t()
    state["rows"] = base[2:4]
    state["column"] = base[:, 1]
    state["steps"] = base[::2, 1::2]
    state["corner"] = base[5, 3]
    state["expanded"] = base[1].expand(3, 4)
    state["diagonal"] = base.diagonal()
    state["channels_last"] = torch.arange(24).reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    state["none of it"] = base[6:]
    state["parameter"] = linear.weight
    return state


def training():
    model = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)))
    torch.manual_seed(2)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn_like(p))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 90,
        "arch": "resnet18",
        "best_acc1": torch.tensor(76.5),
        "best_loss": numpy.float64(0.25),
        "count": numpy.int64(7),
        "args": argparse.Namespace(lr=0.1, data=pathlib.PurePosixPath("/data"), gpus={0, 1}, none=None),
        "when": datetime.timedelta(seconds=3),
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "size": torch.Size([1, 2]),
        "bytes": b"\x00\xff",
        "complex": 1 + 2j,
        "defaults": collections.defaultdict(list, {"a": [1]}),
        "counter": collections.Counter("aab"),
        "rng": torch.arange(5, dtype=torch.uint8),
        "array": numpy.arange(3.0),
        "optimizer": optimizer.state_dict(),
        "state_dict": model.state_dict(),
    }
    return checkpoint, {n.removeprefix("module."): t for n, t in model.state_dict().items()}


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/finetune-was-here",)


class Evaluating:
    def __reduce__(self):
        return eval, ("1 + 1",)


def repack(source, target, change=None, compression=zipfile.ZIP_STORED):
    """Copies a zip archive, changing or dropping records."""
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / target, "w", compression) as new:
        for info in old.infolist():
            data = old.read(info)
            if change:
                data = change(info.filename, data)
            if data is not None:
                new.writestr(zipfile.ZipInfo(info.filename), data, compression)


def zip64(source, target):
    """Writes an archive whose every size and position stands in zip64 fields, as those beyond 4 GB do."""
    body, directory = b"", b""
    with zipfile.ZipFile(HERE / source) as old:
        for info in old.infolist():
            data, name = old.read(info), info.filename.encode()
            extra = struct.pack("<HHQQ", 1, 16, len(data), len(data))
            where, crc = len(body), zlib.crc32(data)
            body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 33, crc, 2**32 - 1, 2**32 - 1, len(name), len(extra))
            body += name + extra + data
            extra = struct.pack("<HHQQQ", 1, 24, len(data), len(data), where)
            directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 33, crc, 2**32 - 1, 2**32 - 1,
                                     len(name), len(extra), 0, 0, 0, 0, 2**32 - 1) + name + extra
        count = len(old.infolist())
    end64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(directory), len(body))
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(body) + len(directory), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    (HERE / target).write_bytes(body + directory + end64 + locator + end)


def plain_pickles():
    shared = [1, 2]
    value = {
        "ints": [0, -1, 255, 256, 65536, -(2**31), 2**40, -(2**70), True, False],
        "floats": [0.5, -1e300, float("inf")],
        "strings": ["", "a'b\"c\\d\n\t", "ключ", "\U0001f600", "x" * 300],
        "bytes": b"\x00\x01\xff" * 2,
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "none": None,
        "shared": [shared, shared],
        "nested": {"a": {"b": [{}]}},
        7: "number",
    }
    EXPECTED["pickles"] = [base64.b64encode(pickle.dumps(value, p)).decode() for p in range(6)]


def main():
    dtypes = all_dtypes()
    save_file(dtypes, HERE / "all-dtypes.safetensors", metadata={"format": "pt"})
    expect("all-dtypes.safetensors", dtypes)
    save("all-dtypes.pt", dtypes, dtypes)
    save("all-dtypes-protocol4.pt", dtypes, dtypes, pickle_protocol=4)
    for protocol in (1, 2, 4, 5):
        save(f"all-dtypes-legacy{protocol}.pt", dtypes, dtypes,
             _use_new_zipfile_serialization=False, pickle_protocol=protocol)
    state = views()
    save("views.pt", state, state)
    save("views-legacy.pt", state, state, _use_new_zipfile_serialization=False)
    checkpoint, weights = training()
    save("training.pth.tar", checkpoint, weights)
    save("training-legacy.pth.tar", checkpoint, weights, _use_new_zipfile_serialization=False)

    odd = {
        "plain": torch.ones(2),
        "f8": torch.ones(2).to(torch.float8_e4m3fn),
        "u16": torch.ones(2, dtype=torch.uint16),
        "complex": torch.ones(2, dtype=torch.complex64),
    }
    save_file(odd, HERE / "unsupported.safetensors")
    torch.save(odd | {"sparse": torch.eye(2).to_sparse(), "negated": torch.ones(2, dtype=torch.complex64).conj().imag},
               HERE / "unsupported.pt")
    expect("unsupported", {"plain": odd["plain"]})

    for name, pattern, safe in (("sharded", "model{suffix}.safetensors", True),
                                ("sharded-pickled", "pytorch_model{suffix}.bin", False)):
        shutil.rmtree(HERE / name, ignore_errors=True)
        (HERE / name).mkdir()
        huggingface_hub.save_torch_state_dict(dtypes, HERE / name, filename_pattern=pattern,
                                              max_shard_size=80, safe_serialization=safe)
        expect(name, dtypes)

    torch.save({"weight": torch.ones(2), "extra": Evil()}, HERE / "evil.pt")
    torch.save({"weight": torch.ones(2), "extra": Evil()}, HERE / "evil-protocol4.pt", pickle_protocol=4)
    torch.save({"weight": torch.ones(2), "extra": Evaluating()}, HERE / "evil-legacy.pt",
               _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 2), HERE / "whole-module.pt")
    torch.save([torch.ones(2)], HERE / "list.pt")
    torch.save({"epoch": 3}, HERE / "no-tensors.pt")
    repack("views.pt", "big-endian.pt", lambda n, d: b"big" if n.endswith("byteorder") else d)
    legacy = (HERE / "views-legacy.pt").read_bytes()
    assert b"little_endianq\x02\x88" in legacy
    (HERE / "big-endian-legacy.pt").write_bytes(
        legacy.replace(b"little_endianq\x02\x88", b"little_endianq\x02\x89", 1))
    repack("views.pt", "compressed.pt", compression=zipfile.ZIP_DEFLATED)
    repack("views.pt", "record-missing.pt", lambda n, d: None if n.endswith("data/0") else d)
    repack("views.pt", "record-short.pt", lambda n, d: d[:-1] if n.endswith("data/0") else d)
    zip64("views.pt", "zip64.pt")
    expect("zip64.pt", torch.load(HERE / "zip64.pt"))
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), HERE / "torchscript.pt")
    with tarfile.open(HERE / "old.tar.pt", "w") as tar:
        tar.addfile(tarfile.TarInfo("storages"), io.BytesIO())
    (HERE / "lfs.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (HERE / "plain.pkl").write_bytes(pickle.dumps({"a": 1}, 2))
    plain_pickles()
    (HERE / "expected.json").write_text(json.dumps(EXPECTED, indent=1, ensure_ascii=False) + "\n")


main()
