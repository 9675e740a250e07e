"""Writes golden cases of ResNets whose activations and arguments aren't the usual ones, beside this file.

make_relatives.py OUT: timm 1.0.29, Transformers 5.18, PyTorch 2.13, float32, one thread. A case is a folder: model/ as its
own library saves it, case.json, and case.safetensors with x, y, the logits and the pooled features of x in evaluation mode.
"""

import json
import os
import sys

import timm
import torch
from safetensors.torch import save_file
from timm.models.resnet import BasicBlock, ResNet
from transformers import ResNetConfig, ResNetForImageClassification

torch.set_num_threads(1)


def fill(model, seed):
    g = torch.Generator().manual_seed(seed)
    for name, buffer in model.named_buffers():
        if name.endswith("running_var"):
            buffer.copy_(torch.rand(buffer.shape, generator=g) + 0.5)
        if name.endswith("running_mean"):
            buffer.copy_(torch.randn(buffer.shape, generator=g) * 0.1)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            norm = name.endswith("weight")
            parameter.data = torch.rand(parameter.shape, generator=g) * 0.5 + 0.5 if norm else torch.randn(parameter.shape, generator=g) * 0.1
        elif parameter.dim() == 2:
            parameter.data = torch.randn(parameter.shape, generator=g) * 0.1
    return model.eval()


def write(out, name, model, features, logits):
    folder = os.path.join(out, name)
    x = torch.randn(6, 3, 48, 48, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        tensors = {"x": x, "y": torch.tensor([0, 1, 2, 0, 1, 2]), "expected.logits_x": logits(model, x), "expected.features_x": features(model, x)}
    save_file({key: value.contiguous() for key, value in tensors.items()}, os.path.join(folder, "case.safetensors"))
    with open(os.path.join(folder, "case.json"), "w") as file:
        json.dump({"kind": "image-classification", "model": name}, file, indent=1)


def timm_case(out):
    arguments = dict(act_layer="silu", drop_rate=0.1, layers=[1, 2, 1, 1], channels=[8, 12, 16, 24], stem_width=8, stem_type="deep_tiered", avg_down=True, down_kernel_size=1, zero_init_last=False)
    model = fill(ResNet(BasicBlock, num_classes=3, **arguments), 1)
    folder = os.path.join(out, "resnet-timm-silu", "model")
    os.makedirs(folder, exist_ok=True)
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, os.path.join(folder, "model.safetensors"), {"format": "pt"})
    pretrained = dict(input_size=[3, 48, 48], crop_pct=0.9, interpolation="bilinear", mean=[0.5] * 3, std=[0.5] * 3, num_classes=3, classifier="fc", first_conv="conv1.0")
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(dict(architecture="resnet10t", num_classes=3, num_features=model.num_features, global_pool="avg", model_args=arguments, pretrained_cfg=pretrained), file, indent=1)
    write(out, "resnet-timm-silu", model, lambda m, x: m.forward_head(m.forward_features(x), pre_logits=True), lambda m, x: m(x))


def transformers_case(out):
    config = ResNetConfig(embedding_size=8, hidden_sizes=[16, 24], depths=[1, 2], layer_type="bottleneck", hidden_act="gelu", downsample_in_first_stage=True, downsample_in_bottleneck=True, num_labels=3)
    model = fill(ResNetForImageClassification(config), 2)
    model.save_pretrained(os.path.join(out, "resnet-gelu", "model"))
    write(out, "resnet-gelu", model, lambda m, x: m.resnet(x).pooler_output.flatten(1), lambda m, x: m(x).logits)


timm_case(sys.argv[1])
transformers_case(sys.argv[1])
