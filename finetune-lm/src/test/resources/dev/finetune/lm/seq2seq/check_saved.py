"""Loads an encoder and decoder that was saved, or an adapter on its base, and compares its logits.

    check_saved.py MODEL EXPECTED [BASE]    EXPECTED: lines of JSON, each with a source, a target and the logits of its places

Prints JSON: the largest difference, and what was missing or left over when the model was loaded.
"""

import json
import sys

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

model, expected = sys.argv[1:3]
base = sys.argv[3] if len(sys.argv) > 3 else model
network, report = AutoModelForSeq2SeqLM.from_pretrained(base, output_loading_info=True)
if base != model:
    from peft import LoraConfig, PeftModel

    # The class for the task asks newer Transformers for a method that they don't have; without a task it computes the same.
    config = LoraConfig.from_pretrained(model)
    assert config.task_type == "SEQ_2_SEQ_LM", config.task_type
    config.task_type = None
    network = PeftModel.from_pretrained(network, model, config=config)
network.eval()
tokenizer = AutoTokenizer.from_pretrained(base)
largest = 0.0
for line in open(expected, encoding="utf-8"):
    row = json.loads(line)
    inputs = tokenizer([row["source"]], return_tensors="pt")
    inputs.pop("token_type_ids", None)
    labels = tokenizer(text_target=[row["target"]], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        logits = network(**inputs, labels=labels).logits
    largest = max(largest, float((logits.flatten() - torch.tensor(row["logits"])).abs().max()))
print(json.dumps(dict(largest=largest, missing=sorted(report["missing_keys"]), unexpected=sorted(report["unexpected_keys"]))))
