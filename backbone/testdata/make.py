"""Makes the files of this folder and prints nothing. Needs PyTorch, NumPy and safetensors:

    python make.py [FOLDER OF REAL FILES]

torch-*.pth hold the same tensors in both forms and all protocols, wrapped-*.pth checkpoints,
expected.json the elements of all of them. With the folder of real files it also makes real.json:
the SHA-256 of their tensors as NumPy sees them through the strides that the file says.
"""

import collections
import hashlib
import json
import pathlib
import sys

import numpy
import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent


def tensors():
    f = torch.tensor([0.1, -2.5, 3e-8, 65504.0, float("inf"), 6e-8], dtype=torch.float64)
    i = torch.tensor([0, 1, -2, 127, -128, 5])
    d = collections.OrderedDict()
    for name in "float64 float32 float16 bfloat16".split():
        d[name] = f.to(getattr(torch, name)).reshape(2, 3)
    for name in "int64 int32 int16 int8".split():
        d[name] = i.to(getattr(torch, name)).reshape(3, 2)
    d["uint8"] = torch.tensor([0, 255, 7], dtype=torch.uint8)
    d["bool"] = torch.tensor([True, False, True])
    whole = torch.arange(48, dtype=torch.float32).reshape(2, 3, 4, 2)
    d["whole"] = whole
    d["permuted"] = whole.permute(3, 2, 0, 1)
    d["sliced"] = whole[1, :, 1::2, 1]
    d["tied"] = whole
    d["scalar"] = torch.tensor(17)
    d["empty"] = torch.zeros(0, 3)
    d["parameter"] = torch.nn.Parameter(torch.tensor([1.5, -1.5]))
    return d


def described(d):
    out = {}
    for name, t in d.items():
        t = t.detach()
        values = t.to(torch.float32) if t.is_floating_point() else t.to(torch.int64)
        out[name] = {
            "dtype": str(t.dtype).removeprefix("torch."),
            "shape": list(t.shape),
            # as hex digits of float32, for infinity is no JSON
            "values": values.contiguous().numpy().tobytes().hex(),
        }
    return out


def fixtures():
    torch.manual_seed(0)
    d = tensors()
    expected = {}
    for protocol in range(1, 6):
        for form in "zip", "legacy":
            name = f"torch-{form}-{protocol}.pth"
            torch.save(d, here / name, pickle_protocol=protocol,
                       _use_new_zipfile_serialization=form == "zip")
            expected[name] = described(d)
    flat = {k: v.detach().contiguous().clone() for k, v in d.items()}
    save_file(flat, here / "all.safetensors", metadata={"format": "pt"})
    expected["all.safetensors"] = described(flat)

    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    inner = net.state_dict()
    parallel = {"module." + k: v for k, v in inner.items()}
    averaged = {k: v * 2 if v.is_floating_point() else v for k, v in inner.items()}
    for name, checkpoint in {
        "wrapped-state_dict.pth": {"epoch": 3, "state_dict": parallel, "best": 0.5},
        "wrapped-model.pth": {"model": inner, "args": {"lr": 0.1, "names": ["a", "b"]}},
        "wrapped-model_ema.pth": {"model": inner, "model_ema": averaged},
    }.items():
        torch.save(checkpoint, here / name)
    expected["wrapped-state_dict.pth"] = expected["wrapped-model.pth"] = described(inner)
    expected["wrapped-model_ema.pth"] = described(averaged)
    (here / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def real(folder):
    out = {}
    for path in sorted([*folder.rglob("*.pth"), *folder.rglob("*.pt")]):
        d = torch.load(path, weights_only=True, map_location="cpu")
        h = hashlib.sha256()
        count = {"tensors": len(d), "parameters": 0, "strided": 0}
        for name in sorted(d):
            t = d[name]
            storage = torch.empty(0, dtype=t.dtype).set_(t.untyped_storage()).numpy()
            size = storage.itemsize
            seen = numpy.lib.stride_tricks.as_strided(
                storage[t.storage_offset():], t.shape, [s * size for s in t.stride()])
            h.update(name.encode() + b"\0" + numpy.ascontiguousarray(seen).tobytes())
            if t.is_floating_point() and "running_" not in name:
                count["parameters"] += t.numel()
            count["strided"] += not t.is_contiguous()
        out[path.relative_to(folder).as_posix()] = {**count, "sha256": h.hexdigest()}
    (here / "real.json").write_text(json.dumps(out, indent=1) + "\n")


fixtures()
if len(sys.argv) > 1:
    real(pathlib.Path(sys.argv[1]))
