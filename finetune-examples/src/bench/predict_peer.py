#!/usr/bin/env python3
"""The peer of `bench predict`: Transformers' model and fast tokenizer in inference mode.

    predict_peer.py --model DIR --text FILE [--count 256 --batch 1]
"""
import argparse, json, resource, time
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

parser = argparse.ArgumentParser()
parser.add_argument("--model")
parser.add_argument("--text")
parser.add_argument("--count", type=int, default=256)
parser.add_argument("--batch", type=int, default=1)
args = parser.parse_args()
with open(args.text, encoding="utf-8") as file:
    lines = [line.rstrip("\n").split("\t", 1)[0] for line in file][1:]
sentences = [lines[i % len(lines)] for i in range(args.count)]
tokenizer = AutoTokenizer.from_pretrained(args.model)
device = "cuda" if torch.cuda.is_available() else "cpu"
model = AutoModelForSequenceClassification.from_pretrained(args.model).eval().to(device)


@torch.inference_mode()
def predict(some):
    total = 0.0
    for i in range(0, len(some), args.batch):
        inputs = tokenizer(some[i:i + args.batch], truncation=True, max_length=128, padding=True, return_tensors="pt")
        total += model(**inputs.to(device)).logits.softmax(-1)[:, 0].sum().item()
    return total


first = args.count // 4 // args.batch * args.batch
total = predict(sentences[:first])
start = time.perf_counter()
total += predict(sentences[first:])
seconds = time.perf_counter() - start
print(json.dumps(dict(what="predict", batch=args.batch, samples_per_s=(args.count - first) / seconds,
                      probability=total / args.count,
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
