"""Writes small_data.json: focal losses, temperatures, calibration errors and thresholds from PyTorch and scikit-learn.

Run it here, with torch and scikit-learn installed; the numbers were made with torch 2.13.0 and scikit-learn 1.9.1.
"""

import json

import numpy as np
import sklearn.linear_model as skl
import sklearn.metrics as skm
import torch
import torch.nn.functional as F


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def focal():
    torch.manual_seed(11)
    rows = []
    for gamma in (0.5, 1.0, 2.0, 5.0):
        for weights in ([], [1.0, 0.5, 3.0, 2.0]):
            logits = (3 * torch.randn(7, 4)).requires_grad_()
            targets = torch.randint(0, 4, (7,))
            targets[2] = -100
            log_p = F.log_softmax(logits, 1)
            kept = targets != -100
            of_truth = log_p[kept, targets[kept]]
            w = torch.tensor(weights or [1.0] * 4)[targets[kept]]
            loss = (w * (1 - of_truth.exp()) ** gamma * -of_truth).sum() / w.sum()
            loss.backward()
            rows.append({"kind": "hard", "gamma": gamma, "weights": weights, "shape": [7, 4], "logits": flat(logits),
                         "targets": flat(targets), "loss": loss.item(), "gradient": flat(logits.grad)})
        logits = (3 * torch.randn(5, 3)).requires_grad_()
        truths = (torch.rand(5, 3) > 0.5).float()
        p = torch.sigmoid(logits)
        p_true = truths * p + (1 - truths) * (1 - p)
        loss = (-(1 - p_true) ** gamma * p_true.log()).mean()
        loss.backward()
        rows.append({"kind": "multi-label", "gamma": gamma, "weights": [], "shape": [5, 3], "logits": flat(logits),
                     "targets": flat(truths), "loss": loss.item(), "gradient": flat(logits.grad)})
    return rows


def temperature(logits, loss_of):
    log_t = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_t], lr=0.5, max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-16,
                                  line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = loss_of(logits.double() / log_t.exp())
        loss.backward()
        return loss

    optimizer.step(closure)
    return log_t.exp().item()


def temperatures():
    torch.manual_seed(12)
    rows = []
    for classes, scale in ((2, 0.3), (2, 4.0), (3, 1.0), (5, 8.0), (10, 2.5)):
        truths = torch.randint(0, classes, (200,))
        logits = scale * (torch.randn(200, classes) + F.one_hot(truths, classes))
        t = temperature(logits, lambda z: F.cross_entropy(z, truths))
        p = (logits.double() / t).softmax(1)
        rows.append({"kind": "classes", "classes": classes, "logits": flat(logits), "truths": flat(truths),
                     "temperature": t, "nll": F.nll_loss(p.log(), truths).item(),
                     "ece": ece(logits.double().softmax(1).numpy(), truths.numpy())})
    for scale in (0.5, 6.0):
        truths = (torch.rand(100, 4) > 0.6).float()
        logits = scale * (torch.randn(100, 4) + truths - 0.5)
        t = temperature(logits, lambda z: F.binary_cross_entropy_with_logits(z, truths.double()))
        rows.append({"kind": "labels", "classes": 4, "logits": flat(logits), "truths": flat(truths), "temperature": t})
    return rows


def ece(probabilities, truths, bins=15):
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truths
    edges = np.linspace(0, 1, bins + 1)
    total = 0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(total)


def thresholds():
    random = np.random.RandomState(13)
    rows = []
    for share in (0.1, 0.5, 0.9):
        truths = random.rand(60) < share
        scores = np.round(np.clip(0.3 * random.randn(60) + 0.35 + 0.2 * truths, 0, 1), 2)
        candidates = sorted(set(scores)) + [1.1]
        best = lambda metric: max(float(metric(truths, scores >= c)) for c in candidates)
        rows.append({"scores": scores.tolist(), "truths": [int(t) for t in truths],
                     "f1": best(lambda y, p: skm.f1_score(y, p, zero_division=0)),
                     "accuracy": best(skm.accuracy_score),
                     "balanced_accuracy": best(skm.balanced_accuracy_score),
                     "mcc": best(skm.matthews_corrcoef)})
    return rows


def regressions():
    random = np.random.RandomState(14)
    rows = []
    for classes, c in ((2, 1.0), (3, 1.0), (4, 0.1)):
        y = random.randint(0, classes, 40)
        x = (random.randn(40, 6) + 0.8 * np.eye(6)[y]).astype(np.float32)
        fitted = skl.LogisticRegression(C=c, tol=1e-10, max_iter=10000).fit(x.astype(np.float64), y)
        p = fitted.predict_proba(x.astype(np.float64))
        rows.append({"classes": classes, "c": c, "x": x.reshape(-1).tolist(), "y": y.tolist(),
                     "probabilities": p.reshape(-1).tolist(), "coefficients": fitted.coef_.reshape(-1).tolist(),
                     "intercepts": fitted.intercept_.tolist()})
    return rows


with open("small_data.json", "w") as file:
    json.dump({"focal": focal(), "temperatures": temperatures(), "thresholds": thresholds(),
               "regressions": regressions()}, file, separators=(",", ":"))
    file.write("\n")
