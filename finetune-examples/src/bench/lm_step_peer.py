#!/usr/bin/env python3
"""The peer of `bench lm-step`: the training step of a language model in Transformers (and PEFT), random weights and tokens.

    lm_step_peer.py [--family gpt2 --vocabulary 0 --layers 0 --batch 4 --seq 256 --steps 5 --warmup 2 --lora 0 --dtype float32
                     --base float32 --gradient-checkpointing]

--base bfloat16 keeps the base's weights in 16 bits, as a frozen checkpoint's are.
"""
import argparse, json, resource, time
import torch
from transformers import AutoConfig, AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument("--family", default="gpt2", choices=("gpt2", "llama"))
for name, default in (("vocabulary", 0), ("layers", 0), ("batch", 4), ("seq", 256), ("steps", 5), ("warmup", 2), ("lora", 0)):
    parser.add_argument("--" + name, type=int, default=default)
parser.add_argument("--device", default="cpu")
parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
parser.add_argument("--base", default="float32", choices=("float32", "bfloat16"))
parser.add_argument("--gradient-checkpointing", action="store_true")
args = parser.parse_args()
torch.manual_seed(0)
if args.family == "gpt2":
    shape = dict(vocab_size=50257, n_layer=12, n_embd=768, n_head=12)
    shape["n_layer"] = args.layers or shape["n_layer"]
else:
    shape = dict(vocab_size=32000, num_hidden_layers=22, hidden_size=2048, num_attention_heads=32, num_key_value_heads=4, intermediate_size=5632)
    shape["num_hidden_layers"] = args.layers or shape["num_hidden_layers"]
shape["vocab_size"] = args.vocabulary or shape["vocab_size"]
config = AutoConfig.for_model(args.family, **shape)
model = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, args.base)).to(args.device)
if args.lora:
    from peft import LoraConfig, get_peft_model
    model = get_peft_model(model, LoraConfig(r=args.lora, lora_alpha=2 * args.lora, task_type="CAUSAL_LM"))
if args.gradient_checkpointing:
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs=dict(use_reentrant=False))
    model.enable_input_require_grads()
model.train()
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=5e-5, weight_decay=0.01, fused=True)
ids = torch.randint(5, config.vocab_size, (args.batch, args.seq), device=args.device)
mask = torch.ones_like(ids)
synchronize = torch.cuda.synchronize if args.device == "cuda" else lambda: None
times = []
for step in range(args.warmup + args.steps):
    start = time.perf_counter()
    with torch.autocast(args.device, torch.bfloat16, enabled=args.dtype == "bfloat16"):
        loss = model(input_ids=ids, attention_mask=mask, labels=ids, use_cache=False).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    synchronize()
    if step >= args.warmup:
        times.append(time.perf_counter() - start)
median = sorted(times)[len(times) // 2]
print(json.dumps(dict(what="lm_step", family=args.family, samples_per_s=round(args.batch / median, 3), ms_per_step=round(median * 1e3, 1),
                      trained=sum(p.numel() for p in trained), loss=loss.item(),
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, torch=torch.__version__)))
