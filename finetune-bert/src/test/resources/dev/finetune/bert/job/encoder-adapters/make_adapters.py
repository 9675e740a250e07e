#!/usr/bin/env python3
"""Writes PEFT adapters of encoders without a head (task_type FEATURE_EXTRACTION) and expected.json: the mean over the
tokens of what each encoder gives with its adapter.

    make_adapters.py HERE GOLDEN

Written with transformers 5.18 and peft 0.21.
"""
import json, os, shutil, sys
import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from transformers import AutoModel, AutoTokenizer

here, golden = sys.argv[1:3]
TEXT = "the product works on the screen"
LORA = dict(task_type="FEATURE_EXTRACTION", r=1, lora_alpha=4)
ADAPTERS = {
    "bert": LoraConfig(**LORA, target_modules=["query", "dense"]),  # The pooler's dense layer, too.
    "distilbert": IA3Config(task_type="FEATURE_EXTRACTION", target_modules=["k_lin", "lin2"],
                            feedforward_modules=["lin2"]),
    "roberta": LoraConfig(**LORA, target_modules=r"encoder\.layer\.0\..*query", rank_pattern={r".*\.query": 2}),
    "electra": LoraConfig(**LORA, target_modules=["value"], use_dora=True, bias="lora_only"),
}
expected = {}
for family, config in ADAPTERS.items():
    base = f"{golden}/{family}-sequence-classification/model"
    model = get_peft_model(AutoModel.from_pretrained(base), config)
    generator = torch.Generator().manual_seed(3)
    for name, parameter in model.named_parameters():
        if "lora_" in name or "ia3_" in name:
            parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator)
    shutil.rmtree(f"{here}/{family}", ignore_errors=True)
    model.save_pretrained(f"{here}/{family}")
    os.remove(f"{here}/{family}/README.md")
    loaded = PeftModel.from_pretrained(AutoModel.from_pretrained(base), f"{here}/{family}").eval()
    with torch.no_grad():
        hidden = loaded(**AutoTokenizer.from_pretrained(base)(TEXT, return_tensors="pt")).last_hidden_state
    expected[family] = [round(v, 6) for v in hidden.mean(1)[0].tolist()]
json.dump(expected, open(f"{here}/expected.json", "w"))
