#!/usr/bin/env python3
"""The peer of `bench scale`: DistributedDataParallel over Gloo on Transformers' BERT, whole or with PEFT's LoRA, random weights and
tokens. Start it once a process, with RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT and OMP_NUM_THREADS set, as torchrun does.

    ddp_step_peer.py [--lora 0 --layers 12 --hidden 768 --heads 12 --batch 8 --seq 128 --steps 5 --warmup 2 --dropout 0.1]
"""
import argparse, json, os, resource, time
import torch
import torch.distributed as dist
from transformers import BertConfig, BertForSequenceClassification

parser = argparse.ArgumentParser()
for name, default in (("lora", 0), ("layers", 12), ("hidden", 768), ("heads", 12), ("batch", 8), ("seq", 128), ("steps", 5), ("warmup", 2)):
    parser.add_argument("--" + name, type=int, default=default)
parser.add_argument("--dropout", type=float, default=0.1)
args = parser.parse_args()
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
torch.manual_seed(0)
model = BertForSequenceClassification(BertConfig(
    num_labels=2, num_hidden_layers=args.layers, hidden_size=args.hidden, num_attention_heads=args.heads,
    intermediate_size=4 * args.hidden, hidden_dropout_prob=args.dropout, attention_probs_dropout_prob=args.dropout))
if args.lora:
    from peft import LoraConfig, get_peft_model
    model = get_peft_model(model, LoraConfig(r=args.lora, lora_alpha=16, lora_dropout=0.0, task_type="SEQ_CLS",
                                             target_modules=["query", "value"]))
model.train()
trained = [p for p in model.parameters() if p.requires_grad]
world = int(os.environ.get("WORLD_SIZE", "1"))
network = model
if world > 1:
    dist.init_process_group("gloo")
    network = torch.nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)
optimizer = torch.optim.AdamW(trained, lr=5e-5, weight_decay=0.01, fused=True)
ids = torch.randint(0, 30522, (args.batch, args.seq))
mask = torch.ones_like(ids)
labels = torch.randint(0, 2, (args.batch,))
times = []
for step in range(args.warmup + args.steps):
    start = time.perf_counter()
    network(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    if step >= args.warmup:
        times.append(time.perf_counter() - start)
median = sorted(times)[len(times) // 2]
print(json.dumps(dict(what="ddp_step", processes=world, samples_per_s=round(world * args.batch / median, 3),
                      ms_per_step=round(median * 1e3, 1), trained=sum(p.numel() for p in trained),
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, torch=torch.__version__)))
if world > 1:
    dist.destroy_process_group()
