#!/usr/bin/env python3
"""Writes classes.json: what AutoTokenizer makes of texts where a tokenizer.json has other steps than its class makes.

    make_classes.py HERE

Written with transformers 5.18, tokenizers 0.23 and sentencepiece 0.2.
"""
import base64, io, json, os, random, sys, tempfile
os.environ["HF_HUB_OFFLINE"] = "1"
import sentencepiece
import transformers
from transformers import AutoTokenizer

transformers.logging.set_verbosity_error()
here = sys.argv[1]
rnd = random.Random(21)
BLANK = "▁"
LETTERS = list("abcdehilnorstuvAB12.,!?'-éÉ")


def field(message, wanted):
    """A field of bytes in a message of protocol buffers."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]; at += 1
            value |= (byte & 127) << shift; shift += 7
            if byte < 128: return value
    while at < len(message):
        tag = number()
        if tag & 7 == 0: number()
        elif tag & 7 == 5: at += 4
        elif tag & 7 == 1: at += 8
        else:
            size = number()
            if tag >> 3 == wanted: return message[at:at + size]
            at += size


def charsmap():
    """A small table as SentencePiece compiles it: full-width letters, tabs and line ends."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        for a, b in [(0xFF41, "61"), (0xFF42, "62"), (0x9, "20"), (0xA, "20"), (0xA0, "20"), (0xFB01, "66 69")]:
            rules.write(f"{a:X}\t{b}\n")
        rules.flush()
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["ab ba abba"] * 9), model_writer=model, vocab_size=8,
                                                 normalization_rule_tsv=rules.name, minloglevel=9)
    return base64.b64encode(field(field(model.getvalue(), 3), 2)).decode()  # ModelProto.normalizer_spec.precompiled_charsmap


TABLE = dict(type="Precompiled", precompiled_charsmap=charsmap())


def added(tokens, vocab, **flags):
    return [dict(id=vocab.index(t), content=t, single_word=False, lstrip=flags.get(t) == "lstrip", rstrip=False, normalized=False, special=True)
            for t in tokens]


def template(before, after, between, second, ids):
    token = lambda t, kind: {"SpecialToken": {"id": t, "type_id": kind}}
    text = lambda t, kind: {"Sequence": {"id": t, "type_id": kind}}
    return dict(type="TemplateProcessing", single=[token(t, 0) for t in before] + [text("A", 0)] + [token(t, 0) for t in after],
                pair=[token(t, 0) for t in before] + [text("A", 0)] + [token(t, 0) for t in between] + [text("B", second)] + [token(t, second) for t in after],
                special_tokens={t: dict(id=t, ids=[ids.index(t)], tokens=[t]) for t in set(before + after + between)})


def seq(key, *steps):
    return dict(type="Sequence", **{key: list(steps)})


def blanks(scheme, split=True):
    return dict(type="Metaspace", replacement=BLANK, prepend_scheme=scheme, split=split)


def replace(kind, what, by):
    return dict(type="Replace", pattern={kind: what}, content=by)


WORDS_SPLIT = dict(type="WhitespaceSplit")
PIECES = [BLANK] + LETTERS + [BLANK + p for p in ("a", "the", "in", "12")] + ["the", "in", "er", "ing", "ba", "s", "'s"]
SPECIAL = {
    "T5Tokenizer": ["<pad>", "</s>", "<unk>"], "XLMRobertaTokenizer": ["<s>", "<pad>", "</s>", "<unk>"],
    "CamembertTokenizer": ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<s>", "<unk>", "</s>"],
    "AlbertTokenizer": ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], "DebertaV2Tokenizer": ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]}
TYPES = {"T5Tokenizer": "t5", "XLMRobertaTokenizer": "xlm-roberta", "CamembertTokenizer": "camembert", "AlbertTokenizer": "albert",
         "DebertaV2Tokenizer": "deberta-v2", "LlamaTokenizer": "llama", "CodeLlamaTokenizer": "llama", "GemmaTokenizer": "gemma",
         "GPT2Tokenizer": "gpt2", "Qwen2Tokenizer": "qwen2"}
AROUND = {"T5Tokenizer": ([], ["</s>"], ["</s>"], 0), "XLMRobertaTokenizer": (["<s>"], ["</s>"], ["</s>", "</s>"], 0),
          "CamembertTokenizer": (["<s>"], ["</s>"], ["</s>", "</s>"], 0), "AlbertTokenizer": (["[CLS]"], ["[SEP]"], ["[SEP]"], 1),
          "DebertaV2Tokenizer": (["[CLS]"], ["[SEP]"], ["[SEP]"], 1)}


def unigram(name):
    special = SPECIAL[name]
    vocab = special + list(dict.fromkeys(PIECES))
    scores = [[t, 0.0] if i < len(special) else [t, -round(5 / len(t) + i / 64, 4)] for i, t in enumerate(vocab)]
    unknown = [i for i, t in enumerate(vocab) if t.lower() in ("<unk>", "[unk]")][0]
    config = {}
    kept = rnd.random() < .4 and name == "AlbertTokenizer"
    lower = (rnd.random() < .6) if name == "AlbertTokenizer" else rnd.random() < .3
    normal = []
    if name == "AlbertTokenizer":
        normal += [replace("String", "``", '"'), replace("String", "''", '"')] + ([] if kept else [dict(type="NFKD"), dict(type="StripAccents")])
        if kept: config["keep_accents"] = True
        if not lower: config["do_lower_case"] = False
    if name in ("AlbertTokenizer", "DebertaV2Tokenizer") and lower:
        normal.append(dict(type="Lowercase"))
        if name == "DebertaV2Tokenizer": config["do_lower_case"] = True
    shape = rnd.randrange(4)
    normal += [[TABLE], [TABLE, dict(type="Strip", strip_left=False, strip_right=True), replace("Regex", " {2,}", BLANK)],
               [TABLE, replace("Regex", " {2,}", " ")], [dict(type="NFKC")]][shape]
    scheme = rnd.choice(["always", "always", "first", "never"])
    splitter = rnd.choice([seq("pretokenizers", WORDS_SPLIT, blanks(scheme)), blanks(scheme)])
    if name == "DebertaV2Tokenizer" and rnd.random() < .3:
        config["split_by_punct"] = True
        splitter = seq("pretokenizers", dict(type="Punctuation", behavior="Isolated"), blanks(scheme))
    if name != "T5Tokenizer" and rnd.random() < .4: config["add_prefix_space"] = rnd.random() < .5
    before, after, between, second = AROUND[name]
    around = None if name == "T5Tokenizer" and rnd.random() < .3 else template(before, after, between, second, vocab)
    if rnd.random() < .4: config["clean_up_tokenization_spaces"] = rnd.random() < .7
    return dict(normalizer=normal[0] if len(normal) == 1 else seq("normalizers", *normal), pre_tokenizer=splitter, post_processor=around,
                decoder=rnd.choice([blanks("always"), blanks(scheme), None]), added_tokens=added(special, vocab),
                model=dict(type="Unigram", unk_id=unknown, byte_fallback=False, vocab=scores)), config


def bpe(name):
    llama = name in ("LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer")
    special = ["<unk>", "<s>", "</s>"] if name != "GemmaTokenizer" else ["<pad>", "<eos>", "<bos>", "<unk>"]
    if llama:
        vocab = special + [f"<0x{i:02X}>" for i in range(256)] + [BLANK] + LETTERS
        merges = [[BLANK, "t"], ["h", "e"], [BLANK + "t", "he"], ["i", "n"], [BLANK, "in"], [BLANK, BLANK], ["1", "2"], [BLANK, "1"]]
    else:
        special = ["<|endoftext|>", "<|im_end|>"]
        tokens = transformers.models.gpt2.tokenization_gpt2
        bytes_ = list(transformers.convert_slow_tokenizer.bytes_to_unicode().values())
        vocab = special + bytes_
        merges = [["Ġ", "t"], ["h", "e"], ["Ġt", "he"], ["i", "n"], ["Ġ", "Ġ"], ["1", "2"], ["Ġ", "1"], ["'", "s"], [".", "Ċ"], ["e", "Ì"], ["eÌ", "ģ"]]
    vocab += [a + b for a, b in merges]
    config = {}
    if name == "LlamaTokenizer" and rnd.random() < .6: config["legacy"] = rnd.choice([True, False, None])
    if name != "GemmaTokenizer" and rnd.random() < .4: config["add_prefix_space"] = rnd.choice([True, False])
    if llama:
        normal, splitter = rnd.choice([
            (seq("normalizers", dict(type="Prepend", prepend=BLANK), replace("String", " ", BLANK)), None),
            (replace("String", " ", BLANK), dict(type="Split", pattern=dict(String=" "), behavior="MergedWithPrevious", invert=False)),
            (replace("String", " ", BLANK), None), (None, blanks("always", False)), (None, blanks("first", True))])
        decoder = rnd.choice([None, seq("decoders", replace("String", BLANK, " "), dict(type="ByteFallback"), dict(type="Fuse"))])
    else:
        level = lambda regex: dict(type="ByteLevel", add_prefix_space=rnd.random() < .3, trim_offsets=True, use_regex=regex)
        normal = rnd.choice([None, dict(type="NFC"), dict(type="Lowercase")])
        splitter = rnd.choice([level(True), seq("pretokenizers", dict(type="Digits", individual_digits=True), level(True)),
                               seq("pretokenizers", dict(type="Split", pattern=dict(Regex="\\p{N}{1,3}|[^\\p{N}]+"), behavior="Isolated", invert=False), level(False))])
        decoder = dict(type="ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True)
    opening = [t for t in special if t in ("<s>", "<bos>")]
    around = template(opening, [], opening, 1, vocab) if opening and rnd.random() < .6 else None
    if rnd.random() < .3: config["clean_up_tokenization_spaces"] = True
    return dict(normalizer=normal, pre_tokenizer=splitter, post_processor=around, decoder=decoder, added_tokens=added(special, vocab),
                model=dict(type="BPE", dropout=None, unk_token="<unk>" if llama else None, continuing_subword_prefix=None, end_of_word_suffix=None,
                           fuse_unk=llama, byte_fallback=llama, ignore_merges=rnd.random() < .5, vocab={t: i for i, t in enumerate(vocab)},
                           merges=merges)), config


PARTS = ["the", "in", "12", "a", "aｂ", "ﬁn", "É", "e\u0301", "``ba''", "it's", "I'm", "don't", ".", " .", " ,", " ?", "!", " ' ", " 's", "\t", "\n", "  ", " ", " ",
         "\u00a0", "ñ", "1 212", "TheIng", "-"]


def text(tokens):
    return "".join(rnd.choice(PARTS + tokens) + rnd.choice(["", " ", " ", "  "]) for _ in range(rnd.randint(1, 8)))


cases, seen = [], set()
names = list(TYPES)
# Which class is taken follows from the model's type, too.
OTHERS = [("mistral", "LlamaTokenizer"), ("mistral", "LlamaTokenizerFast"), ("llama", "GPT2Tokenizer"), ("qwen3", "Qwen2Tokenizer"), ("qwen3", "GPT2Tokenizer"),
          ("qwen2", "GPT2Tokenizer"), ("qwen2", "PreTrainedTokenizerFast"), ("qwen2", "LlamaTokenizerFast"), ("llama", "PreTrainedTokenizerFast"), ("gemma2", "GemmaTokenizerFast"),
          ("gemma3_text", ""), ("gemma", ""), ("gpt2", ""), ("qwen3", ""), ("t5", ""), ("llama", ""), ("gpt2", "PreTrainedTokenizerFast"), ("t5", "PreTrainedTokenizerFast"),
          ("xlm-roberta", ""), ("camembert", ""), ("albert", ""), ("deberta-v2", ""), ("roberta", "XLMRobertaTokenizer"), ("bert", "AlbertTokenizer"), ("", "T5TokenizerFast"),
          ("", "LlamaTokenizer"), ("deberta-v2", "DebertaV2TokenizerFast")]
LIKE = {"mistral": "LlamaTokenizer", "llama": "LlamaTokenizer", "gemma2": "GemmaTokenizer", "gemma3_text": "GemmaTokenizer", "qwen3": "Qwen2Tokenizer",
        **{v: k for k, v in TYPES.items() if k not in ("LlamaTokenizer", "CodeLlamaTokenizer")}}
plan = [(TYPES[n], n, n) for n in names for _ in range(6)] + [
    (t, c, c.removesuffix("Fast") if c.removesuffix("Fast") in TYPES and t != "qwen2" else LIKE[t]) for t, c in OTHERS for _ in range(2)]
for kind, cls, shape in plan:
    own, config = (unigram if shape in SPECIAL else bpe)(shape)
    if cls: config["tokenizer_class"] = cls
    special = [t["content"] for t in own["added_tokens"]]
    for key, usual in (("bos_token", ("<s>", "<bos>", "[CLS]")), ("eos_token", ("</s>", "<eos>", "[SEP]", "<|im_end|>")), ("unk_token", ("<unk>", "[UNK]")),
                       ("cls_token", ("<s>", "[CLS]")), ("sep_token", ("</s>", "[SEP]")), ("pad_token", ("<pad>", "[PAD]", "<|endoftext|>"))):
        found = [t for t in special if t in usual]
        if found: config[key] = found[0]
    if cls == "GPT2Tokenizer" or shape in ("GPT2Tokenizer", "Qwen2Tokenizer"): config["bos_token"] = config["unk_token"] = "<|endoftext|>"
    if shape in ("LlamaTokenizer", "CodeLlamaTokenizer"):
        config.pop("cls_token"); config.pop("sep_token")
    tokenizer_json = dict(version="1.0", truncation=None, padding=None, **own)
    texts = [text(special[:1] + special[-1:]) for _ in range(6)]
    with tempfile.TemporaryDirectory() as directory:
        json.dump(tokenizer_json, open(directory + "/tokenizer.json", "w"))
        json.dump(config, open(directory + "/tokenizer_config.json", "w"))
        if kind: json.dump(dict(model_type=kind), open(directory + "/config.json", "w"))
        tokenizer = AutoTokenizer.from_pretrained(directory)
        ids = [tokenizer(t)["input_ids"] for t in texts]
        case = dict(type=kind, config=config, tokenizer=tokenizer_json, texts=texts, ids=ids, became=type(tokenizer).__name__,
                    decoded=[tokenizer.decode(i, skip_special_tokens=True) for i in ids])
    cases.append(case)
# Vocabularies and the table once: cases name them.
shared = {}
for case in cases:
    model = case["tokenizer"]["model"]
    key = json.dumps([model["vocab"], model.get("merges")])
    name = shared.setdefault(key, f"v{len(shared)}")
    model["vocab"] = name
    model.pop("merges", None)
whole = dict(table=TABLE["precompiled_charsmap"], vocabularies={n: dict(zip(("vocab", "merges"), json.loads(k))) for k, n in shared.items()})
body = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))[:-1]
lines = ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")).replace(TABLE["precompiled_charsmap"], "TABLE") for c in cases)
open(here + "/classes.json", "w").write(body + ',"cases":[\n' + lines + "\n]}\n")
