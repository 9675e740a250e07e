"""Writes the JSON files of this folder: what PyTorch, Transformers, scikit-learn and the SQuAD evaluation compute.

Run it here, with torch, transformers and scikit-learn installed; the numbers were made with torch 2.13.0,
transformers 5.18.0, scikit-learn 1.9.1 and Python 3.11.
"""

import json
import random
import re
import string
import sys
import unicodedata

import numpy as np
import sklearn.metrics as skm
import torch
import torch.nn.functional as F
from transformers.activations import ACT2FN


def write(name, value):
    with open(name + ".json", "w") as file:
        json.dump(value, file, separators=(",", ":"))
        file.write("\n")


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def activations():
    x = torch.cat([torch.linspace(-12, 12, 97), torch.tensor([-100.0, -1e-3, 1e-3, 100.0])])
    names = {}
    for name in ACT2FN:
        if name in ("prelu", "xielu"):  # They have parameters of their own.
            continue
        leaf = x.clone().requires_grad_()
        y = ACT2FN[name](leaf)
        y.sum().backward()
        names[name] = {"y": flat(y), "gradient": flat(leaf.grad)}
    write("activations", {"x": flat(x), "names": names})


def losses():
    torch.manual_seed(1)
    rows = []

    def add(kind, logits, targets, loss, **more):
        loss.backward()
        rows.append({
            "kind": kind, "shape": list(logits.shape), "logits": flat(logits), "targets": flat(targets),
            "loss": loss.item(), "gradient": flat(logits.grad), **more})

    for smoothing in (0.0, 0.1, 0.5):
        for weighted in (False, True):
            for ignored in (False, True):
                logits = (3 * torch.randn(7, 4)).requires_grad_()
                targets = torch.randint(0, 4, (7,))
                if ignored:
                    targets[2] = targets[5] = -100
                weights = torch.tensor([0.5, 2.0, 0.0, 1.25]) if weighted else None
                add("hard", logits, targets,
                    F.cross_entropy(logits, targets, weight=weights, label_smoothing=smoothing),
                    smoothing=smoothing, weights=[] if weights is None else flat(weights))
            logits = (3 * torch.randn(7, 4)).requires_grad_()
            targets = torch.softmax(2 * torch.randn(7, 4), -1)
            targets[3] = torch.tensor([0.0, 1.0, 0.0, 0.0])
            weights = torch.tensor([0.5, 2.0, 0.0, 1.25]) if weighted else None
            add("soft", logits, targets, F.cross_entropy(logits, targets, weight=weights, label_smoothing=smoothing),
                smoothing=smoothing, weights=[] if weights is None else flat(weights))
    logits = (5 * torch.randn(6, 5)).requires_grad_()
    targets = torch.randint(0, 2, (6, 5)).float()
    add("multi-label", logits, targets, F.binary_cross_entropy_with_logits(logits, targets))
    for width in (1, 3):
        logits = (5 * torch.randn(6, width)).requires_grad_()
        targets = torch.randn(6, width)
        add("regression", logits, targets, F.mse_loss(logits, targets))
    write("losses", rows)


def optimizers():
    torch.manual_seed(2)
    shapes = {"dense.weight": [2, 3], "dense.bias": [2], "late.weight": [1, 2]}
    rows = []
    makers = {
        "adamw": lambda groups: torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.999), eps=1e-8),
        "adamw-betas": lambda groups: torch.optim.AdamW(groups, lr=1.0, betas=(0.8, 0.95), eps=1e-4),
        "sgd": lambda groups: torch.optim.SGD(groups, lr=1.0),
        "momentum": lambda groups: torch.optim.SGD(groups, lr=1.0, momentum=0.9),
        "nesterov": lambda groups: torch.optim.SGD(groups, lr=1.0, momentum=0.9, nesterov=True),
    }
    for name, make in makers.items():
        for decay in (0.0, 0.1):
            parameters = {n: torch.randn(s).requires_grad_() for n, s in shapes.items()}
            start = {n: flat(p) for n, p in parameters.items()}
            optimizer = make([
                {"params": [p for n, p in parameters.items() if "bias" not in n], "weight_decay": decay},
                {"params": [p for n, p in parameters.items() if "bias" in n], "weight_decay": 0.0}])
            steps = []
            for step in range(20):
                rate = 0.05 * (20 - step) / 20 * (1 + step % 3)
                scale = 0.25 if step % 4 == 3 else 1.0  # Gradients clipped to a quarter.
                gradients = {
                    n: torch.randn(s) for n, s in shapes.items() if step >= 5 or not n.startswith("late")}
                optimizer.zero_grad(set_to_none=True)
                for n, gradient in gradients.items():
                    parameters[n].grad = gradient * scale
                for group in optimizer.param_groups:
                    group["lr"] = rate
                optimizer.step()
                steps.append({
                    "rate": rate, "scale": scale, "gradients": {n: flat(g) for n, g in gradients.items()},
                    "after": {n: flat(p) for n, p in parameters.items()} if step % 5 in (0, 4) else {}})
            rows.append({"name": name, "weight_decay": decay, "start": start, "steps": steps})
    write("optimizers", {"shapes": shapes, "rows": rows})


def metrics():
    rng = np.random.default_rng(3)
    multi = []
    for n, k in ((1, 3), (12, 4), (60, 5)):
        p = np.round(rng.random((n, k)), 2)
        y = (rng.random((n, k)) < np.clip(p, 0.1, 0.7)).astype(int)
        if n > 1:
            y[0], p[1] = 0, 0.1  # An example without labels, and one without predictions.
            y[2], p[2] = 0, 0.1  # And one without either.
        guess = (p >= 0.5).astype(int)
        row = {"truths": y.tolist(), "probabilities": p.tolist(), "accuracy": skm.accuracy_score(y, guess),
               "hamming_loss": skm.hamming_loss(y, guess)}
        for average in ("micro", "macro", "weighted", "samples"):
            scores = skm.precision_recall_fscore_support(y, guess, average=average, zero_division=0)
            for score, what in zip(scores, ("precision", "recall", "f1")):
                row[what + "_" + average] = float(score)
        if n > 1:
            row["auroc"] = skm.roc_auc_score(y, p, average="macro")
        multi.append(row)
    several = []
    for n, k in ((2, 2), (30, 3)):
        y = rng.normal(size=(n, k)) * [1, 10, 0.1][:k]
        p = y + rng.normal(size=(n, k))
        several.append({
            "truths": y.tolist(), "predictions": p.tolist(), "mse": skm.mean_squared_error(y, p),
            "rmse": skm.root_mean_squared_error(y, p), "mae": skm.mean_absolute_error(y, p),
            "r2": skm.r2_score(y, p)})
    tied = []
    for n, k in ((40, 6), (50, 9)):
        counts = rng.integers(0, 4, size=(n, k)) + (np.arange(k) == 0)
        p = counts / counts.sum(axis=1, keepdims=True)
        y = np.concatenate([np.arange(k), rng.integers(0, k, size=n - k)])
        tied.append({
            "truths": y.tolist(), "probabilities": p.tolist(),
            "top2_accuracy": skm.top_k_accuracy_score(y, p, k=2, labels=range(k)),
            "top5_accuracy": skm.top_k_accuracy_score(y, p, k=5, labels=range(k)),
            "auroc": skm.roc_auc_score(y, p, multi_class="ovr", average="macro")})
    y = rng.integers(0, 2, size=80)
    p = np.round(np.clip(0.3 * y + 0.7 * rng.random(80), 0, 1), 1)
    binary = {"truths": y.tolist(), "scores": p.tolist(), "auroc": skm.roc_auc_score(y, p),
              "average_precision": skm.average_precision_score(y, p)}
    write("metrics", {"multi_label": multi, "several_targets": several, "tied": tied, "binary": binary})


def squad():
    def normalised(text):
        plain = "".join(c for c in text.lower() if c not in set(string.punctuation))
        return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", plain).split())

    kinds = {}
    for code in range(sys.maxunicode + 1):
        c = chr(code)
        kind = unicodedata.category(c)
        if kind not in ("Cs", "Cn", "Co") and unicodedata.ucd_3_2_0.category(c) == kind:
            kinds.setdefault((kind, c.isalnum(), c.isspace()), []).append(c)
    picks = random.Random(5)
    marked = [c for _, some in sorted(kinds.items()) for c in picks.sample(some, min(4, len(some)))]
    marked += "\u00b2\u00b9\u00bd\u2460\u24d0\u0345\u0301\u200d\u00a0\u0085\u180e\u2028\x1c\x1f_-\u2019"
    words = ["the", "The", "A", "an", "AN", "cat", "\u039f\u0394\u039f\u03a3 ", "\u0130stanbul", "\u00df", " ", "  ", "\t"]
    texts = [form % c for c in marked for form in ("the%s", "%sa b", "an%sthe x")]
    for _ in range(200):
        texts.append("".join(
            picks.choice(words if picks.random() < 0.5 else marked) for _ in range(picks.randint(1, 8))))
    write("squad", [{"text": text, "normalised": normalised(text)} for text in texts])


activations()
losses()
optimizers()
metrics()
squad()
