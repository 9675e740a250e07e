#!/usr/bin/env python3
"""Writes attributions.json beside this file: integrated gradients, gradient times input and occlusion of small checkpoints.

    make_attributions.py GOLDEN

Captum itself isn't needed: these are the formulas of its LayerIntegratedGradients (method "gausslegendre") over the embeddings module,
with the baseline of its BERT tutorials ([CLS] and [SEP] stay, padding tokens between them, positions, types and mask of the
text), computed with torch, Transformers, peft and numpy alone, in float64. Made with torch 2.13, Transformers 5.18, peft 0.21.
"""
import json, os, sys

import numpy
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

torch.set_num_threads(1)
TEXT = ["the screen sounds great and the battery is a waste of an hour"]
PAIR = ["the product works within an hour", "a great price for the screen"]
CASES = [(f"{name}-sequence-classification", None, TEXT) for name in
         ("bert", "distilbert", "electra", "roberta", "xlm-roberta", "mpnet", "albert", "modernbert", "deberta-v2")]
CASES += [("bert-multi-label", None, TEXT), ("bert-regression", None, TEXT), ("bert-pair-classification", None, PAIR),
          ("bert-lora", "bert-dora/adapter-after", TEXT)]


def layer(model, name):
    """The module whose output the text's embeddings are: what lies below the layers, a projection included."""
    modules = dict(model.named_modules())
    for end in ("embedding_hidden_mapping_in", "embeddings_project", "embeddings"):
        found = [m for n, m in modules.items() if n.endswith("." + end)]
        if found:
            return found[0]
    raise KeyError(name)


class Network:
    def __init__(self, model, layer, inputs):
        self.model, self.layer, self.inputs = model, layer, inputs

    def run(self, put=None, **other):
        seen = []

        def hook(module, args, output):
            seen.append(output)
            return put if put is not None else None

        handle = self.layer.register_forward_hook(hook)
        inputs = {**self.inputs, **other}
        if put is not None:
            inputs = {k: v.expand(put.shape[0], -1) for k, v in inputs.items()}
        logits = self.model(**inputs).logits
        handle.remove()
        return logits, seen[0]

    def gradients(self, points, target):
        points = points.detach().requires_grad_()
        logits, _ = self.run(points)
        return torch.autograd.grad(logits[:, target].sum(), points)[0]


def case(golden, name, adapter, texts):
    directory = os.path.join(golden, name, "model")
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForSequenceClassification.from_pretrained(directory, attn_implementation="eager")
    if adapter:
        from peft import PeftModel
        model = PeftModel.from_pretrained(model, os.path.join(golden, adapter))
    model = model.double().eval()
    inputs = dict(tokenizer(*texts, return_tensors="pt", return_offsets_mapping=True, return_special_tokens_mask=True))
    offsets = inputs.pop("offset_mapping")[0].tolist()
    special = inputs.pop("special_tokens_mask")[0].bool()
    ids, length = inputs["input_ids"], inputs["input_ids"].shape[1]
    config = model.config
    if any(k in name for k in ("roberta", "mpnet")):
        inputs["position_ids"] = torch.arange(length)[None] + config.pad_token_id + 1
    network = Network(model, layer(model, name), inputs)
    with torch.no_grad():
        logits, x = network.run()
        target = int(logits[0].argmax()) if logits.shape[1] > 1 else 0
        padding = torch.where(special[None], ids, torch.full_like(ids, config.pad_token_id))
        base_logits, b = network.run(input_ids=padding)
    result = dict(model=name, adapter=adapter, texts=texts, target=target, score=logits[0, target].item(), baseline_score=base_logits[0, target].item(),
                  tokens=tokenizer.convert_ids_to_tokens(ids[0].tolist()), offsets=offsets, special=special.tolist())
    for steps in (50, 7):
        alphas, weights = (0.5 * (1 + numpy.polynomial.legendre.leggauss(steps)[0]), 0.5 * numpy.polynomial.legendre.leggauss(steps)[1])
        points = torch.cat([b + a * (x - b) for a in alphas])
        grads = network.gradients(points, target)
        total = (grads * torch.tensor(weights)[:, None, None]).sum(0, keepdim=True)
        result[f"integrated_gradients_{steps}"] = (total * (x - b)).sum(-1)[0].tolist()
    result["gradient_times_input"] = (network.gradients(x, target) * x).sum(-1)[0].tolist()
    masked, removed = [], []
    with torch.no_grad():
        for i in range(length):
            if special[i]:
                masked.append(0.0); removed.append(0.0)
                continue
            other = ids.clone(); other[0, i] = tokenizer.mask_token_id
            masked.append((logits[0, target] - network.run(input_ids=other)[0][0, target]).item())
            fewer = {k: torch.cat([v[:, :i], v[:, i + 1:]], 1) for k, v in inputs.items()}
            if "position_ids" in fewer:
                fewer["position_ids"] = inputs["position_ids"][:, :-1]
            removed.append((logits[0, target] - model(**fewer).logits[0, target]).item())
    result.update(occlusion_by_mask=masked, occlusion_by_removal=removed)
    return result


if __name__ == "__main__":
    rules = {str(n): [(0.5 * (1 + v)).tolist() if i == 0 else (0.5 * v).tolist() for i, v in enumerate(numpy.polynomial.legendre.leggauss(n))]
             for n in (1, 2, 3, 7, 50, 100)}
    cases = [case(sys.argv[1], *one) for one in CASES]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "attributions.json"), "w") as file:
        json.dump(dict(leggauss=rules, cases=cases), file, indent=1)
        file.write("\n")
