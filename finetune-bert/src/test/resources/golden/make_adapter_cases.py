"""Writes bert-dora, bert-lora-biases, bert-ia3, bert-loha, bert-all-linear, bert-lora-embeddings and bert-dora-embeddings: what
PEFT computes with them on the model and batches of bert-lora.

Run it here, with the cases' names if not for all of them, with torch, transformers and peft installed; the numbers were made with torch 2.13.0 and peft 0.21.0.
"""

import json
import pathlib
import sys

import torch
from peft import IA3Config, LoHaConfig, LoraConfig, TaskType, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import BertForSequenceClassification, get_scheduler

HERE = pathlib.Path(__file__).parent
STEPS, WARMUP, RATE, DECAY = 24, 4, 3e-3, 0.01


def case(name, config, **told):
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    asked = config.target_modules
    torch.manual_seed(sum(map(ord, name)))
    source = HERE / "bert-lora"
    given = load_file(source / "case.safetensors")
    batches = [{k.split(".", 1)[1]: v for k, v in given.items() if k.startswith(f"batch{i}.")} for i in range(4)]
    model = get_peft_model(BertForSequenceClassification.from_pretrained(source / "model"), config)
    with torch.no_grad():
        for key, value in model.named_parameters():
            if "lora_B" in key or "lora_embedding_A" in key or "hada_w2_b" in key:
                value.normal_(0, 0.05)
            if "ia3_l" in key or "lora_magnitude_vector" in key:
                value.mul_(1 + 0.1 * torch.randn_like(value))
    folder = HERE / name
    model.save_pretrained(folder / "adapter")
    tensors = {k: v for k, v in given.items() if k.startswith("batch")}
    model.eval()
    with torch.no_grad():
        tensors["expected.logits"] = model(**batches[0]).logits
    model.train()
    trained = [(k, p) for k, p in model.named_parameters() if p.requires_grad]
    spared = [p for k, p in trained if "bias" in k or "LayerNorm" in k]
    decayed = [p for k, p in trained if "bias" not in k and "LayerNorm" not in k]
    optimizer = torch.optim.AdamW([dict(params=decayed, weight_decay=DECAY), dict(params=spared, weight_decay=0.0)],
                                  lr=RATE)
    schedule = get_scheduler("linear", optimizer, num_warmup_steps=WARMUP, num_training_steps=STEPS)
    losses, norms = [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = model(**batches[step % 4]).loss
        loss.backward()
        losses.append(loss.item())
        norms.append(float(torch.nn.utils.clip_grad_norm_([p for _, p in trained], 1.0)))
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        tensors["expected.logits_after"] = model(**batches[0]).logits
    model.save_pretrained(folder / "adapter-after")
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, folder / "case.safetensors")
    facts = dict(model="bert-lora", steps=STEPS, expected_losses=losses, expected_grad_norms=norms,
                 trainable_parameters=sum(p.numel() for _, p in trained),
                 optimizer=dict(lr=RATE, weight_decay=DECAY, max_grad_norm=1.0),
                 schedule=dict(name="linear", warmup_steps=WARMUP), **told)
    (folder / "case.json").write_text(json.dumps(facts, indent=1) + "\n")
    for readme in folder.rglob("README.md"):
        readme.unlink()
    for file in folder.rglob("adapter_config.json"):
        said = json.loads(file.read_text())
        said["base_model_name_or_path"] = "bert-lora"
        if asked == "all-linear" and file.parent.name == "adapter":  # PEFT reads it, and writes the names.
            said["target_modules"] = asked
        file.write_text(json.dumps(said, indent=1) + "\n")


def lora(**more):
    return LoraConfig(task_type=TaskType.SEQ_CLS, r=4, lora_alpha=8, lora_dropout=0.0, modules_to_save=["classifier"],
                      **more)


case("bert-dora", lora(target_modules=["query", "dense"], use_dora=True), r=4, alpha=8,
     target_modules=["query", "dense"])
case("bert-lora-biases", lora(target_modules=["query", "value"], bias="all"), r=4, alpha=8,
     target_modules=["query", "value"])
case("bert-ia3", IA3Config(task_type=TaskType.SEQ_CLS, target_modules=["key", "value", "output.dense"],
                           feedforward_modules=["output.dense"], modules_to_save=["classifier"]),
     r=0, alpha=0, target_modules=["key", "value", "output.dense"])
case("bert-loha", LoHaConfig(task_type=TaskType.SEQ_CLS, r=4, alpha=8, target_modules=["query", "value"],
                             modules_to_save=["classifier"]),
     r=4, alpha=8, target_modules=["query", "value"])
case("bert-all-linear", lora(target_modules="all-linear"), r=4, alpha=8, target_modules="all-linear")
EMBEDDINGS = ["word_embeddings", "position_embeddings", "value"]
case("bert-lora-embeddings", lora(target_modules=EMBEDDINGS), r=4, alpha=8, target_modules=EMBEDDINGS)
case("bert-dora-embeddings", lora(target_modules=EMBEDDINGS, use_dora=True), r=4, alpha=8, target_modules=EMBEDDINGS)
