"""What Transformers' Trainer does on four batches, over and over: for the scripts beside this one, which write cases."""

import torch
from transformers import get_scheduler
from transformers.trainer_pt_utils import get_parameter_names

WARMUP, RATE, DECAY = 4, 3e-3, 0.01
SPARED = [r"bias", r"layernorm", r"rmsnorm", r"(?:^|\.)norm(?:$|\.)", r"_norm(?:$|\.)"]


def train(network, batches, steps):
    """Trains what requires gradients, and returns what a case.json tells of it."""
    network.train()
    decayed = set(get_parameter_names(network, [torch.nn.LayerNorm], SPARED))
    named = [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW([dict(params=[p for n, p in named if n in decayed], weight_decay=DECAY),
                                   dict(params=[p for n, p in named if n not in decayed], weight_decay=0.0)], lr=RATE)
    schedule = get_scheduler("linear", optimizer, num_warmup_steps=WARMUP, num_training_steps=steps)
    losses, norms, rates = [], [], []
    for step in range(steps):
        optimizer.zero_grad()
        loss = network(**batches[step % 4]).loss
        loss.backward()
        losses.append(loss.item())
        norms.append(float(torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)))
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    network.eval()
    return dict(expected_losses=losses, expected_grad_norms=norms, expected_lrs=rates, steps=steps, gradient_accumulation=1,
                no_decay_parameters=[n for n, _ in named if n not in decayed],
                optimizer=dict(name="adamw", lr=RATE, betas=[0.9, 0.999], eps=1e-8, weight_decay=DECAY, max_grad_norm=1.0),
                schedule=dict(name="linear", warmup_steps=WARMUP, total_steps=steps))
