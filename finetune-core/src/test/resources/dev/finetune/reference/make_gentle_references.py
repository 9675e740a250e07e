"""Writes gentle.json: one-cycle rates and averages of weights from PyTorch.

Run it here, with torch installed; the numbers were made with torch 2.13.0.
"""

import json

import torch
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn


def one_cycle():
    rows = []
    for total, share, divisor, last_divisor in (
        (100, 0.3, 25, 1e4),
        (17, 0.3, 25, 1e4),
        (3, 0.3, 25, 1e4),
        (2, 0.3, 25, 1e4),
        (1, 0.3, 25, 1e4),
        (40, 0.1, 10, 100),
        (20, 1.0, 25, 1e4),
    ):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1)
        schedule = OneCycleLR(
            optimizer,
            max_lr=2e-3,
            total_steps=total,
            pct_start=share,
            div_factor=divisor,
            final_div_factor=last_divisor,
            cycle_momentum=False,
        )
        rates = []
        for _ in range(total):
            rates.append(schedule.get_last_lr()[0])
            optimizer.step()
            if len(rates) < total:
                schedule.step()
        rows.append({"total": total, "share": share, "divisor": divisor, "last_divisor": last_divisor, "peak": 2e-3,
                     "rates": rates})
    return rows


def averages():
    torch.manual_seed(5)
    rows = []
    for kind, value in (("ema", 0.05), ("ema", 0.5), ("ema", 0.999), ("swa", 0.0), ("swa", 0.75)):
        model = torch.nn.Module()
        model.matrix = torch.nn.Parameter(torch.randn(3, 2))
        model.vector = torch.nn.Parameter(torch.randn(4))
        model.register_buffer("statistics", torch.randn(5))
        averaged = AveragedModel(model, use_buffers=True)
        steps = []
        total = 24
        for done in range(1, total + 1):
            with torch.no_grad():
                model.matrix += 0.3 * torch.randn(3, 2)
                model.vector += 0.3 * torch.randn(4)
                model.statistics += 0.3 * torch.randn(5)
            if kind == "ema":
                t = int(averaged.n_averaged)
                # The warm-up of TensorFlow's ExponentialMovingAverage; at 0.05 it is never active.
                averaged.multi_avg_fn = get_ema_multi_avg_fn(min(value, (1 + t) / (10 + t)))
                averaged.update_parameters(model)
            elif done > value * total:
                averaged.multi_avg_fn = get_swa_multi_avg_fn()
                averaged.update_parameters(model)
            shown = averaged.module if averaged.n_averaged > 0 else model
            steps.append({
                "raw": {name: t.reshape(-1).tolist() for name, t in model.state_dict().items()},
                "averaged": {name: t.reshape(-1).tolist() for name, t in shown.state_dict().items()},
            })
        rows.append({"kind": kind, "value": value, "steps": steps})
    return rows


with open("gentle.json", "w") as file:
    json.dump({"one_cycle": one_cycle(), "averages": averages()}, file)
