#!/usr/bin/env python3
"""Writes settings.json: what AutoTokenizer makes of texts in directories whose special and added tokens are said in
tokenizer_config.json, special_tokens_map.json, added_tokens.json and tokenizer.json, in all mixtures.

    make_settings.py HERE GOLDEN_BERT_TOKENIZER_MODEL

Written with transformers 5.18 and tokenizers 0.23.
"""
import json, os, random, sys, tempfile
from tokenizers import AddedToken, Tokenizer
from transformers import AutoTokenizer, BertConfig, RobertaConfig

here, bert = sys.argv[1:3]
rnd = random.Random(18)
ROBERTA = json.load(open(here + "/roberta/tokenizer.json"))
BERT = json.load(open(bert + "/tokenizer.json"))
TOKENS = ["product", "battery", "<ent>", "[E1]", "NewWord", "two words", "éa", "[sep2]"]
NAMES = {
    "bert": dict(cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]", pad_token="[PAD]", mask_token="[MASK]"),
    "roberta": dict(cls_token="<s>", sep_token="</s>", unk_token="<unk>", pad_token="<pad>", bos_token="<s>",
                    eos_token="</s>"),
}
WORDS = ["the", "works", "Product", "Éa", "xNewWord", "日本", "newword", "Two Words", "[MASK]", "[CLS]", "<mask>", "</s>"]


def flags(content):
    return dict(content=content, **{f: rnd.random() < 0.4 for f in ("lstrip", "rstrip", "normalized", "single_word")})


def token(content, kind):
    return content if rnd.random() < 0.5 else {**flags(content), **kind}


def some(most=3):
    return rnd.sample(TOKENS, rnd.randint(1, most))


def case():
    family = rnd.choice(["bert", "bert", "roberta"])
    base = BERT if family == "bert" else ROBERTA
    size, config, older, added, own = len(base["model"]["vocab"]), {}, {}, {}, None
    marked = {"__type": "AddedToken"}
    if rnd.random() < 0.5:
        tokenizer = Tokenizer.from_str(json.dumps(base))
        for content in some(2):
            tokenizer.add_tokens([AddedToken(**flags(content), special=rnd.random() < 0.5)])
        own = json.loads(tokenizer.to_str())["added_tokens"]
    mask = dict(content="<mask>" if family == "roberta" else "[MASK]", lstrip=True, rstrip=False, normalized=False,
                single_word=False)
    for key, name in NAMES[family].items():
        place = rnd.random()
        if place < 0.3:
            config[key] = token(name, marked)
        elif place < 0.6:
            older[key] = token(name, {})
    config["mask_token"] = {**mask, **marked}
    if rnd.random() < 0.2:
        config["my_token"] = rnd.choice(TOKENS)
    if rnd.random() < 0.2:
        older["other_token"] = token(rnd.choice(TOKENS), {})
    for settings, kind in ((config, marked), (older, None)):
        place = rnd.random()
        if place < 0.3:  # Transformers can't read objects in a list of special_tokens_map.json under the old name.
            settings["additional_special_tokens"] = [token(c, kind) if kind else c for c in some()]
        elif place < 0.5:
            settings["extra_special_tokens"] = [token(c, kind or {}) for c in some()]
        elif place < 0.6:
            settings["extra_special_tokens"] = {f"x{i}": c for i, c in enumerate(some())}
    place, known = rnd.random(), {t["content"]: t["id"] for t in own or []}
    behind = max([size - 1, *known.values()]) + 1
    if place < 0.25:
        listed = {t["id"]: {k: v for k, v in t.items() if k != "id"} for t in own or []}
        for content in some():
            if content not in known:
                place = base["model"]["vocab"].get(content, behind)
                listed[place] = {**flags(content), "special": rnd.random() < 0.5}
                behind = max(behind, place + 1)
        config["added_tokens_decoder"] = {str(k): v for k, v in listed.items()}
    elif place < 0.5:
        for content in some(2):
            if content not in known and content not in base["model"]["vocab"]:
                added[content] = behind
                behind += 1
    if family == "bert":
        for key in ("do_lower_case", "strip_accents", "tokenize_chinese_chars"):
            if rnd.random() < 0.3:
                config[key] = rnd.random() < 0.5
    elif rnd.random() < 0.5:
        config["add_prefix_space"] = rnd.random() < 0.5
    if own and rnd.random() < 0.25:
        config["tokenizer_class"] = "PreTrainedTokenizerFast"
        for key, name in NAMES[family].items():
            config.setdefault(key, name)
    elif rnd.random() < 0.7:
        config["tokenizer_class"] = "BertTokenizer" if family == "bert" else "RobertaTokenizer"
    files = {"tokenizer_config.json": config, "special_tokens_map.json": older, "added_tokens.json": added}
    return family, base, own, {k: v for k, v in files.items() if v}


def write(directory, family, base, own, files):
    (BertConfig if family == "bert" else RobertaConfig)(vocab_size=999).save_pretrained(directory)
    if family == "bert":
        vocab = sorted(base["model"]["vocab"], key=base["model"]["vocab"].get)
        open(directory + "/vocab.txt", "w").write("\n".join(vocab) + "\n")
    else:
        json.dump(base["model"]["vocab"], open(directory + "/vocab.json", "w"))
        open(directory + "/merges.txt", "w").write("\n".join(" ".join(m) for m in base["model"]["merges"]) + "\n")
    if own is not None:
        json.dump({**base, "added_tokens": own}, open(directory + "/tokenizer.json", "w"))
    for name, content in files.items():
        json.dump(content, open(f"{directory}/{name}", "w"))


cases = []
while len(cases) < 60:
    family, base, own, files = case()
    texts = ["".join(rnd.choice(WORDS + TOKENS * 2) + rnd.choice(["", " ", " ", "  ", ", "])
                     for _ in range(rnd.randint(2, 7))) for _ in range(6)]
    with tempfile.TemporaryDirectory() as directory:
        write(directory, family, base, own, files)
        tokenizer = AutoTokenizer.from_pretrained(directory)
    cases.append(dict(family=family, added_tokens=own, files=files, texts=texts, size=len(tokenizer),
                      ids=[tokenizer(t)["input_ids"] for t in texts]))
with open(here + "/settings.json", "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in cases) + "\n]\n")
