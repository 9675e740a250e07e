#!/usr/bin/env python3
"""The peer of `bench predict`: Transformers' model and fast tokenizer in inference mode; of vectors sentence-transformers' mean
pooling over the encoder.

    predict_peer.py --model DIR --text FILE [--count 256 --batch 1 --vectors]
"""
import argparse, json, resource, time
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

parser = argparse.ArgumentParser()
parser.add_argument("--model")
parser.add_argument("--text")
parser.add_argument("--count", type=int, default=256)
parser.add_argument("--batch", type=int, default=1)
parser.add_argument("--vectors", action="store_true")
args = parser.parse_args()
with open(args.text, encoding="utf-8") as file:
    lines = [line.rstrip("\n").split("\t", 1)[0] for line in file][1:]
sentences = [lines[i % len(lines)] for i in range(args.count)]
device = "cuda" if torch.cuda.is_available() else "cpu"
if args.vectors:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    encoder = Transformer(args.model, max_seq_length=128)
    sentence_model = SentenceTransformer(modules=[encoder, Pooling(encoder.get_word_embedding_dimension())], device=device)
else:
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForSequenceClassification.from_pretrained(args.model).eval().to(device)


@torch.inference_mode()
def predict(some):
    if args.vectors:
        return float(sentence_model.encode(some, batch_size=args.batch)[:, 0].sum())
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
                      mean=total / args.count,
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
