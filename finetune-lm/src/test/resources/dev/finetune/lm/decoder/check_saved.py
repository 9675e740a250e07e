"""Loads a decoder that was saved, and compares its logits.

    check_saved.py MODEL EXPECTED ATTENTION    EXPECTED: lines of JSON, each with ids and the logits of their places

Prints JSON: the largest difference, and what was missing or left over when the model was loaded.
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM

network, report = AutoModelForCausalLM.from_pretrained(sys.argv[1], attn_implementation=sys.argv[3], output_loading_info=True)
network.eval()
largest = 0.0
for line in open(sys.argv[2], encoding="utf-8"):
    row = json.loads(line)
    with torch.no_grad():
        logits = network(input_ids=torch.tensor([row["ids"]])).logits
    largest = max(largest, float((logits.flatten() - torch.tensor(row["logits"])).abs().max()))
print(json.dumps(dict(type=network.config.model_type, largest=largest, missing=sorted(report["missing_keys"]),
                      unexpected=sorted(report["unexpected_keys"]))))
