"""Makes networks.json: names and shapes of the tensors of all known networks, as the libraries
themselves have them. Needs torchvision and timm:

    python networks.py
"""

import json
import pathlib

import timm
import torchvision

out = {}
for name in "resnet18", "resnet34", "resnet50", "mobilenet_v2":
    out["torchvision/" + name] = getattr(torchvision.models, name)()
for name in ("resnet18", "resnet50", "mobilenetv2_100", "efficientnet_lite0", "efficientnet_lite1",
             "efficientnet_lite2", "tf_efficientnet_lite0", "tf_efficientnet_lite1",
             "tf_efficientnet_lite2"):
    out["timm/" + name] = timm.create_model(name)
here = pathlib.Path(__file__).parent
lines = []
for key, net in out.items():
    shapes = {k: list(v.shape) for k, v in net.state_dict().items()}
    lines.append(json.dumps(key) + ":" + json.dumps(shapes, separators=(",", ":")))
(here / "networks.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
