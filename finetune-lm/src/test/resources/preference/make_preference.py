#!/usr/bin/env python3
"""Writes cases of preference tuning: what plain PyTorch, Transformers and PEFT compute by the formulas of the papers.

    make_preference.py ../golden .

Made with torch 2.13, transformers 5.18 and peft 0.21. DPO: Rafailov et al., 2023, with label smoothing as Mitchell's cDPO; the reference
is the model with its adapter off, or a copy of the whole one. ORPO: Hong, Lee and Thorne, 2024. Each case is a folder: case.json (pairs as
ids, settings, numbers of each step), case.safetensors (logits of the first preferred row before and after, and the trained adapter).
"""
import copy, json, os, random, shutil, sys
import torch
import torch.nn.functional as F
from peft import LoraConfig, TaskType, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

GOLDEN, OUT = sys.argv[1:3]
STEPS, AT_ONCE = 14, 3
torch.set_num_threads(1)


def pairs(vocabulary, seed):
    r = random.Random(seed)
    ids = lambda n: [r.randrange(3, vocabulary) for _ in range(n)]
    made = []
    for _ in range(9):
        prompt = ids(r.randrange(1, 9))
        made.append(dict(prompt=prompt, chosen=ids(r.randrange(1, 12)), rejected=ids(r.randrange(1, 12))))
    return made


def log_probabilities(model, some):
    """(rows, 2): preferred and rejected; (rows, 2): how many tokens."""
    rows = [(p["prompt"], p[side]) for p in some for side in ("chosen", "rejected")]
    longest = max(len(a) + len(b) for a, b in rows)
    ids, mask, labels = (torch.full((len(rows), longest), fill) for fill in (0, 0, -100))
    for i, (prompt, answer) in enumerate(rows):
        n = len(prompt) + len(answer)
        ids[i, :n] = torch.tensor(prompt + answer)
        mask[i, :n] = 1
        labels[i, len(prompt):n] = torch.tensor(answer)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
    labels = labels[:, 1:]
    answer = labels != -100
    each = torch.gather(logits.log_softmax(-1), 2, labels.clamp(min=0)[:, :, None]).squeeze(2)
    return (each * answer).sum(1).reshape(-1, 2), answer.sum(1).reshape(-1, 2)


def dpo(sums, tokens, reference, s):
    rewards = s["beta"] * (sums - reference)
    h = rewards[:, 0] - rewards[:, 1]
    e = s["label_smoothing"]
    return -(1 - e) * F.logsigmoid(h) - e * F.logsigmoid(-h), rewards


def orpo(sums, tokens, reference, s):
    l = sums / tokens
    odds = l - torch.log1p(-torch.exp(l))
    return -l[:, 0] - s["lambda"] * F.logsigmoid(odds[:, 0] - odds[:, 1]), s["lambda"] * l


def case(name, base, loss, lora=None, lr=1e-3, **settings):
    d = os.path.join(OUT, name)
    shutil.rmtree(d, ignore_errors=True)
    os.makedirs(d)
    torch.manual_seed(sum(map(ord, name)))
    model = AutoModelForCausalLM.from_pretrained(os.path.join(GOLDEN, base, "model"), dtype=torch.float32).eval()
    some = pairs(model.config.vocab_size, name)
    if lora:
        model = get_peft_model(model, LoraConfig(task_type=TaskType.CAUSAL_LM, lora_dropout=0.0, **lora)).eval()
        model.save_pretrained(os.path.join(d, "adapter"))
        f = os.path.join(d, "adapter", "adapter_config.json")
        c = json.load(open(f)); c["base_model_name_or_path"] = "../model"; c["target_modules"].sort()
        json.dump(c, open(f, "w"), indent=1, sort_keys=True)
        if os.path.exists(os.path.join(d, "adapter", "README.md")): os.remove(os.path.join(d, "adapter", "README.md"))
    with torch.no_grad():
        if lora:
            with model.disable_adapter(): reference, _ = log_probabilities(model, some)
        else:
            reference, _ = log_probabilities(copy.deepcopy(model), some)
    first = torch.tensor([some[0]["prompt"] + some[0]["chosen"]])
    logits = lambda: model(input_ids=first).logits.detach().clone()
    tensors = dict(logits=logits())
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses, norms = [], []
    for step in range(STEPS):
        for group in optimizer.param_groups: group["lr"] = lr * (1 - step / STEPS)
        at = step * AT_ONCE % len(some)
        sums, tokens = log_probabilities(model, some[at:at + AT_ONCE])
        each, _ = loss(sums, tokens, reference[at:at + AT_ONCE], settings)
        each.mean().backward()
        losses.append(each.mean().item())
        norms.append(torch.nn.utils.clip_grad_norm_(trained, 1.0).item())
        optimizer.step(); optimizer.zero_grad()
    with torch.no_grad():
        sums, tokens = log_probabilities(model, some)
        each, rewards = loss(sums, tokens, reference, settings)
    tensors["logits_after"] = logits()
    if lora: tensors.update({"adapter." + k: v.detach().clone() for k, v in get_peft_model_state_dict(model).items()})
    save_file({k: v.contiguous() for k, v in tensors.items()}, os.path.join(d, "case.safetensors"))
    metrics = dict(loss=each.mean().item(), reward_accuracy=(rewards[:, 0] > rewards[:, 1]).float().mean().item(),
                   reward_margin=(rewards[:, 0] - rewards[:, 1]).mean().item(), chosen_reward=rewards[:, 0].mean().item(),
                   rejected_reward=rewards[:, 1].mean().item(), chosen_log_probability=sums[:, 0].mean().item(),
                   rejected_log_probability=sums[:, 1].mean().item())
    json.dump(dict(base=base, loss=loss.__name__, steps=STEPS, pairs_at_once=AT_ONCE, lr=lr, pairs=some, reference=reference.tolist(),
                   losses=losses, gradient_norms=norms, after=sums.tolist(), rewards=rewards.tolist(), metrics=metrics, **settings),
              open(os.path.join(d, "case.json"), "w"), indent=None, sort_keys=True)
    print(name, losses[0], losses[-1], metrics)


LORA = dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])
case("llama-lora-dpo", "llama-lora", dpo, LORA, lr=5e-3, beta=0.1, label_smoothing=0.0)
case("gpt2-dpo-smoothed", "gpt2-causal-lm", dpo, beta=0.3, label_smoothing=0.1)
case("llama-lora-orpo", "llama-lora", orpo, LORA, lr=5e-3, **{"lambda": 0.2})
case("gpt2-orpo", "gpt2-causal-lm", orpo, **{"lambda": 0.1})
