#!/usr/bin/env python3
"""The peer of `bench bert-step --family F`: the training step of an encoder's base model in Transformers, random weights and tokens.

    encoder_step_peer.py --family xlm-roberta [--layers 0 --hidden 768 --heads 12 --batch 16 --seq 128 --steps 8
                         --device cpu --dtype float32]

Dropout is the family's own default, as there.
"""
import argparse, json, resource, time
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

parser = argparse.ArgumentParser()
parser.add_argument("--family", required=True)
for name, default in (("layers", 0), ("hidden", 768), ("heads", 12), ("batch", 16), ("seq", 128), ("steps", 8), ("warmup", 2)):
    parser.add_argument("--" + name, type=int, default=default)
parser.add_argument("--device", default="cpu")
parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
args = parser.parse_args()
torch.manual_seed(0)
BASE = {
    "xlm-roberta": dict(vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, pad_token_id=1),
    "mpnet": dict(vocab_size=30527, max_position_embeddings=514, pad_token_id=1),
    "albert": dict(vocab_size=30000, intermediate_size=3072),
    "modernbert": dict(vocab_size=50368, num_hidden_layers=22, intermediate_size=1152, pad_token_id=0),
    "deberta-v2": dict(vocab_size=128100, relative_attention=True, pos_att_type="p2c|c2p", share_att_key=True, norm_rel_ebd="layer_norm",
                       position_buckets=256, position_biased_input=False, intermediate_size=3072),
}[args.family]
BASE = {"num_hidden_layers": 12, "intermediate_size": 3072, **BASE}
BASE["intermediate_size"] = BASE["intermediate_size"] * args.hidden // 768
if args.layers:
    BASE["num_hidden_layers"] = args.layers
config = AutoConfig.for_model(args.family, hidden_size=args.hidden, num_attention_heads=args.heads, num_labels=2, **BASE)
model = AutoModelForSequenceClassification.from_config(config).to(args.device).train()
trained = list(model.parameters())
optimizer = torch.optim.AdamW(trained, lr=5e-5, weight_decay=0.01, fused=True)
ids = torch.randint(5, config.vocab_size, (args.batch, args.seq), device=args.device)
mask = torch.ones_like(ids)
labels = torch.randint(0, 2, (args.batch,), device=args.device)
synchronize = torch.cuda.synchronize if args.device == "cuda" else lambda: None
times = []
for step in range(args.warmup + args.steps):
    start = time.perf_counter()
    with torch.autocast(args.device, torch.bfloat16, enabled=args.dtype == "bfloat16"):
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    synchronize()
    if step >= args.warmup:
        times.append(time.perf_counter() - start)
median = sorted(times)[len(times) // 2]
print(json.dumps(dict(what="encoder_step", family=args.family, samples_per_s=round(args.batch / median, 3),
                      ms_per_step=round(median * 1e3, 1), parameters=sum(p.numel() for p in trained),
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, torch=torch.__version__)))
