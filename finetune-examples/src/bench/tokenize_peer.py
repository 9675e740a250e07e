#!/usr/bin/env python3
"""The peer of `bench tokenize`: Transformers' fast tokenizer on all sentences at once.

    tokenize_peer.py --model DIR --text FILE [--count 100000]
"""
import argparse, json, os, resource, time

os.environ["TOKENIZERS_PARALLELISM"] = "true"
from transformers import AutoTokenizer

parser = argparse.ArgumentParser()
parser.add_argument("--model")
parser.add_argument("--text")
parser.add_argument("--count", type=int, default=100_000)
args = parser.parse_args()
with open(args.text, encoding="utf-8") as file:
    lines = [line.rstrip("\n").split("\t", 1)[0] for line in file][1:]
sentences = [lines[i % len(lines)] for i in range(args.count)]
tokenizer = AutoTokenizer.from_pretrained(args.model)
start = time.perf_counter()
rows = tokenizer(sentences, truncation=True, max_length=128)["input_ids"]
seconds = time.perf_counter() - start
print(json.dumps(dict(what="tokenize", samples_per_s=args.count / seconds, tokens=sum(map(len, rows)),
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
