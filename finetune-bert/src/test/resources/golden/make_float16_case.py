"""Writes bert-sequence-classification/float16.json: how that case trains in float16 with PyTorch's autocast and GradScaler, as the
Transformers Trainer does with fp16=True: a step whose gradients overflow changes nothing, and the schedule doesn't count it.

Run it here, with torch, transformers and safetensors installed; the numbers were made with torch 2.13.0 and transformers 5.18.0.
"""

import json
import pathlib

import torch
from safetensors.torch import load_file
from transformers import BertForSequenceClassification, get_scheduler

FOLDER = pathlib.Path(__file__).parent / "bert-sequence-classification"
case = json.loads((FOLDER / "case.json").read_text())
given = load_file(FOLDER / "case.safetensors")
batches = [{k.split(".", 1)[1]: v for k, v in given.items() if k.startswith(f"batch{i}.")} for i in range(4)]
model = BertForSequenceClassification.from_pretrained(FOLDER / "model")
for module in model.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = 0.0
model.train()
spared = [p for k, p in model.named_parameters() if k.endswith("bias") or "LayerNorm" in k]
decayed = [p for k, p in model.named_parameters() if not (k.endswith("bias") or "LayerNorm" in k)]
said = case["optimizer"]
optimizer = torch.optim.AdamW([dict(params=decayed, weight_decay=said["weight_decay"]), dict(params=spared, weight_decay=0.0)],
                              lr=said["lr"])
schedule = get_scheduler("linear", optimizer, num_warmup_steps=case["schedule"]["warmup_steps"], num_training_steps=case["steps"])
scaler = torch.amp.GradScaler("cpu")
losses, norms, rates, scales = [], [], [], []
for step in range(case["steps"]):
    with torch.autocast("cpu", torch.float16):
        loss = model(**batches[step % 4]).loss
    scales.append(scaler.get_scale())
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), said["max_grad_norm"]))
    norms.append(norm if norm < float("inf") else None)
    losses.append(loss.item())
    rates.append(schedule.get_last_lr()[0])
    scaler.step(optimizer)
    scaler.update()
    if scaler.get_scale() >= scales[-1]:
        schedule.step()
    optimizer.zero_grad()
model.eval()
with torch.no_grad():
    logits = model(**{k: v for k, v in batches[0].items() if k != "labels"}).logits
(FOLDER / "float16.json").write_text(json.dumps(dict(
    expected_losses=losses, expected_grad_norms=norms, expected_lrs=rates, expected_scales=scales,
    expected_logits_after=logits.flatten().tolist()), indent=1) + "\n")
