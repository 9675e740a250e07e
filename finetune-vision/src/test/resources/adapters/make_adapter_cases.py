"""Writes resnet-lora, resnet-dora, resnet-ia3 and resnet-norms: what PEFT computes with adapted convolutions on the model
and pixels of the golden case resnet-bottleneck. Batch norms compute as in evaluation, for the base is frozen; those of
resnet-norms are trained whole, by the batch's statistics.

Run it here, with the cases' names if not for all of them, with torch, transformers and peft installed; the numbers were made with torch 2.13.0 and peft 0.21.0.
"""

import json
import pathlib
import sys

import torch
from peft import IA3Config, LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import ResNetForImageClassification

HERE = pathlib.Path(__file__).parent
SOURCE = HERE.parent / "golden" / "resnet-bottleneck"


def case(name, config):
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    torch.manual_seed(sum(map(ord, name)))
    given = load_file(SOURCE / "case.safetensors")
    x, y = given["x"], given["y"]
    base = ResNetForImageClassification.from_pretrained(SOURCE / "model")
    model = get_peft_model(base, config)
    with torch.no_grad():
        for key, value in model.named_parameters():
            if "lora_B" in key:
                value.normal_(0, 0.05)
            if "lora_magnitude_vector" in key or "ia3_l" in key:
                value.mul_(1 + 0.1 * torch.randn_like(value))
    folder = HERE / name
    model.save_pretrained(folder / "adapter")
    model.eval()
    with torch.no_grad():
        tensors = {"expected.logits": model(pixel_values=x).logits}
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, weight_decay=0.0)
    losses = []
    if "normalization" in config.modules_to_save:
        # In float64: what batch norms give for so few numbers depends on float32's rounding, with oneDNN by 5e-4.
        model.train().double()
        x = x.double()
    for _ in range(6):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(pixel_values=x).logits, y)
        loss.backward()
        losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
    model.eval().float()
    with torch.no_grad():
        tensors["expected.logits_after"] = model(pixel_values=x.float()).logits
    model.save_pretrained(folder / "adapter-after")
    save_file(tensors, folder / "case.safetensors")
    facts = dict(expected_losses=losses, trainable_parameters=sum(p.numel() for p in trained))
    (folder / "case.json").write_text(json.dumps(facts, indent=1) + "\n")
    for readme in folder.rglob("README.md"):
        readme.unlink()
    for file in folder.rglob("adapter_config.json"):
        said = json.loads(file.read_text())
        said["base_model_name_or_path"] = "resnet-bottleneck"
        file.write_text(json.dumps(said, indent=1) + "\n")


def lora(**more):
    return LoraConfig(r=3, lora_alpha=6, lora_dropout=0.0, target_modules=["convolution"],
                      **{"modules_to_save": ["classifier"], **more})


case("resnet-lora", lora())
case("resnet-dora", lora(use_dora=True))
case("resnet-ia3", IA3Config(target_modules=["convolution", "layer.1.convolution"],
                             feedforward_modules=["layer.1.convolution"], modules_to_save=["classifier"]))
case("resnet-norms", lora(modules_to_save=["classifier", "normalization"]))
