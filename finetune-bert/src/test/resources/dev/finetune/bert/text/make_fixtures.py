#!/usr/bin/env python3
"""Writes bert.json and roberta.json: what Transformers' fast tokenizers make of texts, pairs, words and questions,
and what run_qa makes of logits. Offsets are Python's: in code points.

    make_fixtures.py HERE GOLDEN_BERT_TOKENIZER_MODEL

Written with transformers 5.18 and tokenizers 0.23; needs numpy too.
"""
import json, os, random, shutil, sys, tempfile
import numpy as np
from transformers import AutoTokenizer

here, bert = sys.argv[1:3]
random.seed(5)
np.random.seed(5)
WORDS = """the product arrived on time and works perfectly ! battery dies within an hour . great sound weak bass fair
price naïve café don't U.S.A. 2,000 3.14 日本語 テキスト 😀 👍🏽 résumé ﬁne İstanbul Straße x²""".split()
ODD = ["\u200b", "\u00a0", "<b>", "e\u0301", "\x00", "--", "</s>", "[SEP]", "\t", "a" * 120]


def sentence(n, odd=0.1):
    return " ".join(random.choice(ODD if random.random() < odd else WORDS) for _ in range(n))


def texts(tok):
    out = []
    for _ in range(40):
        t, m = sentence(random.randint(0, 25)), random.choice([5, 12, 32, 64])
        e = tok(t, truncation=True, max_length=m, return_offsets_mapping=True)
        out.append(dict(text=t, max_length=m, input_ids=e["input_ids"], offsets=e["offset_mapping"],
                        word_ids=[-1 if w is None else w for w in e.word_ids()]))
    return out


def pairs(tok):
    out = []
    for _ in range(40):
        a, b, m = sentence(random.randint(0, 15)), sentence(random.randint(0, 15)), random.choice([6, 7, 12, 13, 30, 64])
        e = tok([a], [b], truncation="longest_first", max_length=m, return_token_type_ids=True)
        out.append(dict(a=a, b=b, max_length=m, input_ids=e["input_ids"][0], token_type_ids=e["token_type_ids"][0]))
    return out


def words(tok):
    out = []
    for _ in range(25):
        w, m = [random.choice(WORDS + ODD[:6]) for _ in range(random.randint(1, 20))], random.choice([8, 24, 64])
        e = tok(w, is_split_into_words=True, truncation=True, max_length=m)
        out.append(dict(words=w, max_length=m, input_ids=e["input_ids"],
                        word_ids=[-1 if x is None else x for x in e.word_ids()]))
    return out


def windows(tok, question, context, max_length, stride):
    """What return_overflowing_tokens promises. Since 0.23, tokenizers stops reading a text after max_length tokens, so
    that the last windows of a long context are missing; cutting what was read without a limit gives all of them."""
    t = tok.backend_tokenizer
    processor, t.post_processor = t.post_processor, None
    t.no_truncation()
    a, b = t.encode(question, add_special_tokens=False), t.encode(context, add_special_tokens=False)
    t.post_processor = processor
    t.enable_truncation(max_length, stride=stride, strategy="only_second")
    e = t.post_process(a, b)
    t.no_truncation()
    return [e] + e.overflowing


def span(offsets, inside, start, end):
    """run_qa's prepare_train_features, kept inside the context."""
    ctx = [i for i, x in enumerate(inside) if x]
    if not ctx or offsets[ctx[0]][0] > start or offsets[ctx[-1]][1] < end:
        return [0, 0]
    return [max(i for i in ctx if offsets[i][0] <= start), min(i for i in ctx if offsets[i][1] >= end)]


def best(windows, context, n_best=20, longest=30):
    """run_qa's postprocess_qa_predictions for one question."""
    found = []
    for w in windows:
        s, e = np.array(w["start_logits"]), np.array(w["end_logits"])
        for i in np.argsort(s)[-1:-n_best - 1:-1]:
            for j in np.argsort(e)[-1:-n_best - 1:-1]:
                if not w["inside"][i] or not w["inside"][j] or j < i or j - i + 1 > longest:
                    continue
                a, b = w["offsets"][i][0], w["offsets"][j][1]
                found.append((float(s[i] + e[j]), a, b))
    found = sorted(found, key=lambda x: -x[0])[:n_best]
    p = np.exp(np.array([f[0] for f in found]) - max(f[0] for f in found)); p /= p.sum()
    return [dict(text=context[a:b], start=a, end=b, score=s, probability=float(q)) for (s, a, b), q in zip(found, p)]


def questions(tok):
    out = []
    for _ in range(20):
        q, c = " " * random.randint(0, 3) + sentence(random.randint(1, 6), 0), sentence(random.randint(1, 60), 0.02)
        m, stride = random.choice([(64, 16), (48, 8), (40, 0), (384, 128)])
        w = c.split(" ")
        i = random.randrange(len(w)); j = min(len(w), i + random.randint(1, 3))
        start = len(" ".join(w[:i])) + (i > 0)
        answer = " ".join(w[i:j])
        ws, kind = [], None
        for e in windows(tok, q.lstrip(), c, m, stride):
            inside = [s == 1 for s in e.sequence_ids]
            if kind is None:  # encoded by itself, a context's later windows keep type 0: give them the first one's
                kind = e.type_ids[inside.index(True)] if True in inside else 0
            n = len(inside)
            ws.append(dict(input_ids=e.ids, token_type_ids=[kind if x else y for x, y in zip(inside, e.type_ids)], inside=inside, offsets=e.offsets,
                           span=span(e.offsets, inside, start, start + len(answer)),
                           start_logits=np.random.randn(n).astype(np.float32).round(4).tolist(),
                           end_logits=np.random.randn(n).astype(np.float32).round(4).tolist()))
        item = dict(question=q, context=c, answer=answer, answer_start=start, max_length=m, stride=stride, windows=ws)
        if answer.strip() and any(any(x["inside"]) for x in ws):
            item["best"] = best(ws, c)
            out.append(item)
    return out


def variants():
    """vocab.txt alone under other settings."""
    out = []
    for config in [dict(do_lower_case=False), dict(do_lower_case=False, strip_accents=True),
                   dict(strip_accents=False), dict(tokenize_chinese_chars=False), dict()]:
        with tempfile.TemporaryDirectory() as d:
            shutil.copy(os.path.join(bert, "vocab.txt"), d)
            json.dump(dict(config, tokenizer_class="BertTokenizer"), open(os.path.join(d, "tokenizer_config.json"), "w"))
            tok = AutoTokenizer.from_pretrained(d)
            for t in ["The CAFÉ café", "日本語 the日time", "naïve the Product"]:
                out.append(dict(config=config, text=t, input_ids=tok(t)["input_ids"]))
    return out


def write(name, content):
    with open(os.path.join(here, name), "w", encoding="utf-8") as f:
        json.dump(content, f, ensure_ascii=True, separators=(",", ":"))
        f.write("\n")


tok = AutoTokenizer.from_pretrained(bert)
write("bert.json", dict(texts=texts(tok), pairs=pairs(tok), words=words(tok), questions=questions(tok), variants=variants()))
roberta = os.path.join(here, "roberta")
tok = AutoTokenizer.from_pretrained(roberta)
split = AutoTokenizer.from_pretrained(roberta, add_prefix_space=True)
write("roberta.json", dict(texts=texts(tok), pairs=pairs(tok), words=words(split), questions=questions(tok)))
