#!/usr/bin/env python3
"""The peer of `study texts`: PEFT's LoRA of rank 8 (queries and values, alpha 16) with the Transformers Trainer.

    lora_trainer.py --model DIR --train TRAIN.tsv --eval DEV.tsv [--epochs 3 --batch 16 --lr 2e-3 --max-length 64 --seed 1]

The TSV files have a header with the columns `sentence` and `label`, a number. The last line is one JSON object.
"""
import argparse, csv, json, tempfile, time
start = time.perf_counter()
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import (AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer,
                          TrainingArguments, set_seed)

parser = argparse.ArgumentParser()
for name, kind, default in (("model", str, None), ("train", str, None), ("eval", str, None), ("epochs", float, 3),
                            ("batch", int, 16), ("lr", float, 2e-3), ("max-length", int, 64), ("seed", int, 1)):
    parser.add_argument("--" + name, type=kind, default=default)
args = parser.parse_args()
set_seed(args.seed)
tokenizer = AutoTokenizer.from_pretrained(args.model)


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    texts = dict(text=[row["sentence"] for row in read], label=[int(row["label"]) for row in read])
    return Dataset.from_dict(texts).map(
        lambda some: tokenizer(some["text"], truncation=True, max_length=args.max_length), batched=True)


train, held = rows(args.train), rows(args.eval)
base = AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=1 + max(max(train["label"]), max(held["label"])))
model = get_peft_model(base, LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, task_type="SEQ_CLS",
                                        target_modules=["query", "value"]))
trainer = Trainer(
    model,
    TrainingArguments(tempfile.mkdtemp(), num_train_epochs=args.epochs, per_device_train_batch_size=args.batch,
                      per_device_eval_batch_size=64, learning_rate=args.lr, eval_strategy="no", save_strategy="no",
                      report_to=[], seed=args.seed, use_cpu=True, disable_tqdm=True),
    train_dataset=train, data_collator=DataCollatorWithPadding(tokenizer),
    compute_metrics=lambda p: dict(accuracy=float((p.predictions.argmax(-1) == p.label_ids).mean())))
trainer.train()
print(json.dumps(dict(what="lora_trainer", accuracy=trainer.evaluate(held)["eval_accuracy"], train_samples=len(train),
                      total_s=round(time.perf_counter() - start, 2))))
