#!/usr/bin/env python3
"""Writes gradcam.json and squeezenet.safetensors beside this file: Grad-CAM of small checkpoints, by its formula.

    make_gradcam.py GOLDEN

Computed with torch and Transformers alone, in float64; Captum's LayerGradCam with relu_attributions has the same formula.
Made with torch 2.13 and Transformers 5.18.
"""
import json, os, sys

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import ResNetForImageClassification

torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))


class Fire(nn.Module):
    """As torchvision's, with its names."""

    def __init__(self, channels, squeezed, expanded1, expanded3):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded1, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded3, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class Squeeze(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
                                      Fire(16, 8, 16, 16), Fire(32, 8, 16, 16))
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(32, 3, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return self.classifier(self.features(x)).flatten(1)


def map_of(model, layer, logits, x, target):
    seen = []
    handle = layer.register_forward_hook(lambda module, args, output: seen.append(output))
    scores = logits(model, x)
    handle.remove()
    chosen = int(scores[0].argmax()) if target is None else target
    (gradient,) = torch.autograd.grad(scores[0, chosen], seen[0])
    cam = F.relu((gradient.mean((2, 3), keepdim=True) * seen[0]).sum(1, keepdim=True)).detach()
    large = F.interpolate(cam, size=x.shape[2:], mode="bilinear", align_corners=False)
    def numbers(tensor):
        return [round(v, 7) for v in tensor.flatten().tolist()]

    return dict(target=chosen, score=scores[0, chosen].item(), height=cam.shape[2], width=cam.shape[3], map=numbers(cam),
                resized=numbers(large) if target is None else [])


def cases(golden):
    for name in ("resnet-basic", "resnet-bottleneck"):
        model = ResNetForImageClassification.from_pretrained(os.path.join(golden, name, "model")).double().eval()
        x = load_file(os.path.join(golden, name, "case.safetensors"))["x"]
        for row, target in ((0, None), (1, None), (2, 1)):
            yield dict(model=name, row=row, **map_of(model, model.resnet.encoder.stages[-1], lambda m, v: m(v).logits, x[row:row + 1].double(), target))
    torch.manual_seed(5)
    squeeze = Squeeze().eval()
    with torch.no_grad():
        for parameter in squeeze.parameters():
            parameter.mul_(2.5)
    save_file(squeeze.state_dict(), os.path.join(HERE, "squeezenet.safetensors"))
    x = torch.sin(0.37 * torch.arange(2 * 3 * 40 * 56, dtype=torch.float64)).reshape(2, 3, 40, 56)
    for row, target in ((0, None), (1, 2)):
        yield dict(model="squeezenet", row=row,
                   **map_of(squeeze.double(), squeeze.features[4], lambda m, v: m(v), x[row:row + 1], target))


if __name__ == "__main__":
    with open(os.path.join(HERE, "gradcam.json"), "w") as file:
        json.dump(list(cases(sys.argv[1])), file)
        file.write("\n")
