"""The merges that the trainer of Hugging Face's tokenizers learns, and the ids that they give.

python byte_pairs.py byte-pairs.txt > byte-pairs.json    (made with tokenizers 0.23.2)
"""
import json
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=special, show_progress=False, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
tokenizer.train_from_iterator(lines, trainer)
model = json.loads(tokenizer.to_str())["model"]
asked = ["Where is my parcel? It's 3 days late!", "  two  blanks\tand\nlines ", "caf\u00e9, na\u00efve \u2013 \u65e5\u672c\u8a9e \U0001F600", "<|im_start|>user\nHi<|im_end|>"]
json.dump({"vocabulary": sorted(model["vocab"], key=model["vocab"].get), "merges": [m if isinstance(m, list) else m.split(" ") for m in model["merges"]],
           "encoded": [{"text": t, "ids": tokenizer.encode(t).ids} for t in asked]}, sys.stdout, ensure_ascii=True)
