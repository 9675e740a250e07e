#!/usr/bin/env python3
"""The peer of `bench lm-generate`: greedy generation with a language model of random weights in Transformers.

    lm_generate_peer.py [--family gpt2 --layers 0 --prompt 64 --new-tokens 128 --requests 1 --repeat 3]
"""
import argparse, json, resource, time
import torch
from transformers import AutoConfig, AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument("--family", default="gpt2", choices=("gpt2", "llama"))
for name, default in (("layers", 0), ("prompt", 64), ("new-tokens", 128), ("requests", 1), ("repeat", 3)):
    parser.add_argument("--" + name, type=int, default=default)
args = parser.parse_args()
torch.manual_seed(0)
if args.family == "gpt2":
    shape = dict(vocab_size=50257, n_layer=args.layers or 12, n_embd=768, n_head=12)
else:
    shape = dict(vocab_size=32000, num_hidden_layers=args.layers or 22, hidden_size=2048, num_attention_heads=32,
                 num_key_value_heads=4, intermediate_size=5632)
model = AutoModelForCausalLM.from_config(AutoConfig.for_model(args.family, **shape)).eval()
ids = torch.randint(5, 5000, (args.requests, args.prompt))
best = float("inf")
for _ in range(args.repeat):
    start = time.perf_counter()
    with torch.inference_mode():
        out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, pad_token_id=1,
                             min_new_tokens=args.new_tokens, max_new_tokens=args.new_tokens)
    best = min(best, time.perf_counter() - start)
    assert out.shape[1] == args.prompt + args.new_tokens
print(json.dumps(dict(what="lm_generate", family=args.family, tokens_per_s=round(args.requests * args.new_tokens / best, 1),
                      seconds=round(best, 3), requests=args.requests,
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, torch=torch.__version__)))
