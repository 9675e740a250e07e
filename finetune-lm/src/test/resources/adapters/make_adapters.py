"""Adapters of PEFT on the golden models, with random additions, and the logits of the last token that they give.

python make_adapters.py: writes a folder for each beside this file. Made with transformers 5.18, peft 0.21, torch 2.13.
"""
import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

HERE = Path(__file__).resolve().parent
IDS = [7, 300, 12, 45, 99]
CASES = {
    "gpt2-patterns": ("gpt2-causal-lm", dict(
        r=2, lora_alpha=3, target_modules=["c_attn", "mlp.c_proj"], fan_in_fan_out=True, use_rslora=True, bias="lora_only",
        rank_pattern={"h.1.attn.c_attn": 3}, alpha_pattern={"mlp.c_proj": 5})),
    "gpt2-dora": ("gpt2-causal-lm", dict(r=2, lora_alpha=4, target_modules=r".*\.h\.0\..*(c_attn|c_fc)", use_dora=True)),
    "qwen2-all-linear": ("qwen2-causal-lm", dict(r=1, lora_alpha=2, target_modules="all-linear")),
    "qwen2-output": ("qwen2-causal-lm", dict(r=1, lora_alpha=2, target_modules=["lm_head"])),
    "qwen2-embeddings": ("qwen2-causal-lm", dict(r=1, lora_alpha=2, target_modules=["embed_tokens"])),
}

for name, (model, settings) in CASES.items():
    torch.manual_seed(len(name))
    base = AutoModelForCausalLM.from_pretrained(HERE.parent / "golden" / model / "model", dtype=torch.float32)
    adapted = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **settings)).eval()
    with torch.no_grad():
        for parameter in (each for each in adapted.parameters() if each.requires_grad):
            parameter.add_(0.3 * torch.randn(parameter.shape))
        logits = adapted(torch.tensor([IDS])).logits[0, -1]
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "../../golden/" + model + "/model"
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    expected = dict(model=model, ids=IDS, logits=[round(value, 6) for value in logits.tolist()])
    (folder / "case.json").write_text(json.dumps(expected) + "\n")
    print(name, sorted(path.name + " " + str(path.stat().st_size) for path in folder.iterdir()), config["fan_in_fan_out"])
