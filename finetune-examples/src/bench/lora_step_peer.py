#!/usr/bin/env python3
"""The peer of `bench bert-step --lora R`: PEFT's LoRA on Transformers' BERT, random weights and tokens.

    lora_step_peer.py [--lora 8 --layers 12 --hidden 768 --heads 12 --batch 16 --seq 128 --steps 8 --dropout 0.1
                       --device cpu --dtype float32]

The library adapts the queries and values and trains the classifier, without adapter dropout; so does this.
"""
import argparse, json, resource, time
import torch
from peft import LoraConfig, get_peft_model
from transformers import BertConfig, BertForSequenceClassification

parser = argparse.ArgumentParser()
for name, default in (("lora", 8), ("layers", 12), ("hidden", 768), ("heads", 12), ("batch", 16), ("seq", 128),
                      ("steps", 8), ("warmup", 2)):
    parser.add_argument("--" + name, type=int, default=default)
parser.add_argument("--dropout", type=float, default=0.1)
parser.add_argument("--device", default="cpu")
parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
args = parser.parse_args()
torch.manual_seed(0)
base = BertForSequenceClassification(BertConfig(
    num_labels=2, num_hidden_layers=args.layers, hidden_size=args.hidden, num_attention_heads=args.heads,
    intermediate_size=4 * args.hidden, hidden_dropout_prob=args.dropout, attention_probs_dropout_prob=args.dropout))
model = get_peft_model(base, LoraConfig(r=args.lora, lora_alpha=16, lora_dropout=0.0, task_type="SEQ_CLS",
                                        target_modules=["query", "value"])).to(args.device).train()
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=5e-5, weight_decay=0.01, fused=True)
ids = torch.randint(0, 30522, (args.batch, args.seq), device=args.device)
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
print(json.dumps(dict(what="lora_step", samples_per_s=round(args.batch / median, 3), ms_per_step=round(median * 1e3, 1),
                      trained=sum(p.numel() for p in trained),
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                      torch=torch.__version__)))
