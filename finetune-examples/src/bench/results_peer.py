#!/usr/bin/env python3
"""The peer of `bench results`: the Transformers Trainer, PEFT's LoRA, or SetFit's method, on the same files and settings.

    results_peer.py --model DIR --train FILE --eval FILE --lr 1e-4 [--epochs 3 --batch 32 --seed 1 --max-length 128]
                    [--task tokens|question-answering] [--head-only | --freeze K | --lora RANK] [--few-shot]

Classes: TSV files with the columns `text` and `label`. Tokens: a word, a tab and its tag a line, blank lines between sentences.
Question answering: SQuAD's JSON, version 1.1; windows of --max-length tokens that overlap by 128, answers of 30 tokens at most.
--freeze K freezes the embeddings and the first K layers. --few-shot learns as SetFit does (Tunstall et al., 2022): 20 pairs of the
same class and 20 of others for each row, the squared error of their cosines, one pass, then a logistic regression; written
with sentence-transformers and scikit-learn. The last line is one JSON object.
"""
import argparse, collections, csv, json, random, re, resource, string, tempfile, time
start = time.perf_counter()

parser = argparse.ArgumentParser()
for name, kind, default in (("model", str, None), ("train", str, None), ("eval", str, None), ("epochs", float, 3),
                            ("batch", int, 32), ("lr", float, 1e-4), ("seed", int, 1), ("max-length", int, 128),
                            ("task", str, "classification"), ("freeze", int, -1), ("lora", int, 0)):
    parser.add_argument("--" + name, type=kind, default=default)
parser.add_argument("--head-only", action="store_true")
parser.add_argument("--few-shot", action="store_true")
args = parser.parse_args()


def texts(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def sentences(path):
    with open(path, encoding="utf-8") as file:
        blocks = [block for block in file.read().split("\n\n") if block.strip()]
    pairs = [[line.rsplit("\t", 1) for line in block.split("\n") if "\t" in line] for block in blocks]
    return [([word for word, _ in pair], [tag.strip() for _, tag in pair]) for pair in pairs]


def finish(evaluation, rows, **more):
    print(json.dumps(dict(what="results_peer", evaluation=evaluation, train_samples=rows,
                          total_s=round(time.perf_counter() - start, 2),
                          peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, **more)))


def few_shot():
    import torch
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression
    from transformers import get_linear_schedule_with_warmup, set_seed
    set_seed(args.seed)
    train, held = texts(args.train), texts(args.eval)
    model = SentenceTransformer(args.model, device="cpu")  # With the mean of the tokens' vectors.
    model.max_seq_length = args.max_length
    draw = random.Random(args.seed)
    pairs = []
    for i, (text, label) in enumerate(train):
        same = [other for j, (other, its) in enumerate(train) if its == label and j != i]
        others = [other for other, its in train if its != label]
        for _ in range(20):
            pairs += [(text, draw.choice(same), 1.0), (text, draw.choice(others), 0.0)]
    draw.shuffle(pairs)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.0)
    steps = (len(pairs) + args.batch - 1) // args.batch
    schedule = get_linear_schedule_with_warmup(optimizer, int(0.1 * steps), steps)
    model.train()
    for step in range(steps):
        some = pairs[step * args.batch:(step + 1) * args.batch]
        first, second = (model(model.tokenize([pair[k] for pair in some]))["sentence_embedding"] for k in (0, 1))
        loss = torch.nn.functional.mse_loss(torch.cosine_similarity(first, second), torch.tensor([pair[2] for pair in some]))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.eval()
    head = LogisticRegression().fit(model.encode([text for text, _ in train]), [label for _, label in train])
    accuracy = head.score(model.encode([text for text, _ in held]), [label for _, label in held])
    finish(dict(accuracy=float(accuracy)), len(train))


def entities(tags):
    """(kind, first, last) of each entity, as seqeval reads IOB2."""
    found, kind, first = set(), None, 0
    for i, tag in enumerate(tags + ["O"]):
        prefix, _, name = tag.partition("-")
        if kind is not None and (prefix != "I" or name != kind):
            found.add((kind, first, i - 1))
            kind = None
        if kind is None and prefix in ("B", "I"):
            kind, first = name, i
    return found


def entity_f1(truths, guesses):
    right = wanted = said = 0
    for truth, guess in zip(truths, guesses):
        true, told = entities(truth), entities(guess)
        right, wanted, said = right + len(true & told), wanted + len(true), said + len(told)
    return 2 * right / (wanted + said) if wanted + said else 0.0


def trainer():
    from sklearn.metrics import accuracy_score, matthews_corrcoef
    from transformers import (AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer,
                              DataCollatorForTokenClassification, DataCollatorWithPadding, Trainer, TrainingArguments,
                              set_seed)
    set_seed(args.seed)
    tokens = args.task == "tokens"
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    read = sentences if tokens else texts
    train, held = read(args.train), read(args.eval)
    names = sorted({label for _, labels in train + held for label in (labels if tokens else [labels])})
    number = {name: i for i, name in enumerate(names)}

    def listed(encodings, labels):
        return [dict({name: column[i] for name, column in encodings.items()}, labels=label)
                for i, label in enumerate(labels)]

    def encoded(rows):
        encodings = tokenizer([row[0] for row in rows], truncation=True, max_length=args.max_length,
                              is_split_into_words=tokens)
        if not tokens:
            return listed(encodings, [number[label] for _, label in rows])
        labels = []
        for i, (_, tags) in enumerate(rows):
            words, before, row = encodings.word_ids(i), None, []
            for word in words:
                row.append(-100 if word is None or word == before else number[tags[word]])
                before = word
            labels.append(row)
        return listed(encodings, labels)

    def scores(prediction):
        guesses, truths = prediction.predictions.argmax(-1), prediction.label_ids
        if tokens:
            kept = truths != -100
            return dict(f1=entity_f1([[names[t] for t in row[keep]] for row, keep in zip(truths, kept)],
                                     [[names[g] for g in row[keep]] for row, keep in zip(guesses, kept)]))
        return dict(accuracy=float(accuracy_score(truths, guesses)), mcc=float(matthews_corrcoef(truths, guesses)))

    kind = AutoModelForTokenClassification if tokens else AutoModelForSequenceClassification
    model = kind.from_pretrained(args.model, num_labels=len(names))
    if args.lora:
        from peft import LoraConfig, get_peft_model
        model = get_peft_model(model, LoraConfig(r=args.lora, lora_alpha=2 * args.lora, lora_dropout=0.0,
                                                 task_type="TOKEN_CLS" if tokens else "SEQ_CLS",
                                                 target_modules=["query", "value"]))
    for name, parameter in model.named_parameters():
        frozen = [f"encoder.layer.{i}." for i in range(args.freeze)] + (["embeddings."] if args.freeze >= 0 else [])
        if any(part in name for part in frozen) or args.head_only and name.startswith("bert.") and "pooler" not in name:
            parameter.requires_grad = False
    collator = (DataCollatorForTokenClassification if tokens else DataCollatorWithPadding)(tokenizer)
    held_rows = encoded(held)
    run = Trainer(
        model,
        TrainingArguments(tempfile.mkdtemp(), num_train_epochs=args.epochs, per_device_train_batch_size=args.batch,
                          per_device_eval_batch_size=64, learning_rate=args.lr, eval_strategy="no", save_strategy="no",
                          report_to=[], seed=args.seed, use_cpu=True, disable_tqdm=True),
        train_dataset=encoded(train), data_collator=collator, compute_metrics=scores)
    run.train()
    evaluation = {name.removeprefix("eval_"): value for name, value in run.evaluate(held_rows).items()}
    finish(evaluation, len(train))


def asked(path):
    with open(path, encoding="utf-8") as file:
        articles = json.load(file)["data"]
    return [(row["question"], passage["context"], row["answers"])
            for article in articles for passage in article["paragraphs"] for row in passage["qas"]]


def normalized(answer):
    """As SQuAD's own script compares answers."""
    words = re.sub(r"\b(a|an|the)\b", " ", "".join(c for c in answer.lower() if c not in string.punctuation))
    return words.split()


def overlap(answer, truth):
    answer, truth = normalized(answer), normalized(truth)
    same = sum((collections.Counter(answer) & collections.Counter(truth)).values())
    return 2 * same / (len(answer) + len(truth)) if same else float(answer == truth)


def question_answering():
    import torch
    from transformers import (AutoModelForQuestionAnswering, AutoTokenizer, DataCollatorWithPadding, Trainer,
                              TrainingArguments, set_seed)
    set_seed(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    train, held = asked(args.train), asked(args.eval)

    def windows(rows):
        return tokenizer([row[0] for row in rows], [row[1] for row in rows], truncation="only_second",
                         max_length=args.max_length, stride=min(128, args.max_length // 3),
                         return_overflowing_tokens=True, return_offsets_mapping=True)

    def features(rows):
        encodings, found = windows(rows), []
        for i, row in enumerate(encodings["overflow_to_sample_mapping"]):
            answer = rows[row][2][0]
            first, last = answer["answer_start"], answer["answer_start"] + len(answer["text"])
            start = end = 0  # The first token: the answer isn't in this window.
            spans = [(j, span) for j, (span, part) in
                     enumerate(zip(encodings["offset_mapping"][i], encodings.sequence_ids(i))) if part == 1]
            if spans and spans[0][1][0] <= first and spans[-1][1][1] >= last:
                start = max(j for j, span in spans if span[0] <= first)
                end = min(j for j, span in spans if span[1] >= last)
            found.append(dict(input_ids=encodings["input_ids"][i], attention_mask=encodings["attention_mask"][i],
                              token_type_ids=encodings["token_type_ids"][i], start_positions=start,
                              end_positions=end))
        return found

    model = AutoModelForQuestionAnswering.from_pretrained(args.model)
    collator = DataCollatorWithPadding(tokenizer)
    run = Trainer(
        model,
        TrainingArguments(tempfile.mkdtemp(), num_train_epochs=args.epochs, per_device_train_batch_size=args.batch,
                          learning_rate=args.lr, eval_strategy="no", save_strategy="no", report_to=[], seed=args.seed,
                          use_cpu=True, disable_tqdm=True),
        train_dataset=features(train), data_collator=collator)
    run.train()

    encodings = windows(held)
    best = [(float("-inf"), "")] * len(held)
    model.eval()
    for at in range(0, len(encodings["input_ids"]), 32):
        some = range(at, min(at + 32, len(encodings["input_ids"])))
        batch = collator([{name: encodings[name][i] for name in ("input_ids", "attention_mask", "token_type_ids")} for i in some])
        with torch.no_grad():
            said = model(**batch)
        for i, starts, ends in zip(some, said.start_logits, said.end_logits):
            row, parts, spans = (encodings["overflow_to_sample_mapping"][i], encodings.sequence_ids(i),
                                 encodings["offset_mapping"][i])
            places = [[j for j in scores.argsort(descending=True)[:20].tolist() if j < len(parts) and parts[j] == 1]
                      for scores in (starts, ends)]
            for start in places[0]:
                for end in places[1]:
                    score = float(starts[start] + ends[end])
                    if start <= end < start + 30 and score > best[row][0]:
                        best[row] = score, held[row][1][spans[start][0]:spans[end][1]]
    pairs = [(answer, [truth["text"] for truth in row[2]]) for (_, answer), row in zip(best, held)]
    finish(dict(f1=sum(max(overlap(answer, truth) for truth in truths) for answer, truths in pairs) / len(pairs),
                exact_match=sum(any(normalized(answer) == normalized(truth) for truth in truths)
                                for answer, truths in pairs) / len(pairs)), len(train))


few_shot() if args.few_shot else question_answering() if args.task == "question-answering" else trainer()
