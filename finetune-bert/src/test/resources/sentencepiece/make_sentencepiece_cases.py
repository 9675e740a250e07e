"""Makes the small SentencePiece models of this folder, and what Transformers' AutoTokenizer reads texts as with each.

    python make_sentencepiece_cases.py TEXTS FOLDER

TEXTS is a file of plain English text. Made with Transformers 5.18 and sentencepiece 0.2.2.
"""

import gzip
import json
import pathlib
import sys

import sentencepiece
from transformers import AutoTokenizer

TEXTS = [
    "The parcel arrived two days late, and nobody answered.",
    "  two  blanks,\ttabs\nand lines  ",
    "Café naïve Ångström ﬁne １２３ Ⅷ",
    "``quoted'' and \"quoted\", (brackets) [braces]!",
    "emoji 😀 and 日本語 text",
    "[MASK] [CLS] <mask> <extra_id_0> </s> <pad>",
    "don't stop, it's 3.14%",
    "ALL CAPITALS And MiXed",
    "",
    "a",
]
PAIRS = [("The first text.", "the second one"), ("", "only the second")]

CASES = {
    "deberta-v2": dict(
        file="spm.model",
        options=dict(normalization_rule_name="identity", pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]"),
        settings={"do_lower_case": False, "vocab_type": "spm"},
    ),
    "deberta-v2-lower": dict(
        type="deberta-v2",
        file="spm.model",
        options=dict(normalization_rule_name="identity", pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]"),
        settings={"do_lower_case": True, "split_by_punct": True},
    ),
    "albert": dict(
        file="spiece.model",
        options=dict(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"]),
        settings=None,
    ),
    "t5": dict(
        file="spiece.model",
        options=dict(pad_id=0, eos_id=1, unk_id=2, bos_id=-1),
        settings=None,
    ),
    "xlm-roberta": dict(
        file="sentencepiece.bpe.model",
        options=dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1),
        settings=None,
    ),
    "camembert": dict(
        file="sentencepiece.bpe.model",
        options=dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1, user_defined_symbols=["<sep>"]),
        settings=None,
    ),
    "llama": dict(
        file="tokenizer.model",
        options=dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1, model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False),
        settings={"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
    ),
    "llama-ended": dict(
        type="llama",
        file="tokenizer.model",
        options=dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1, model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False),
        settings={"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": True, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
    ),
}


def main(texts, folder):
    for name, case in CASES.items():
        to = folder / name
        to.mkdir(parents=True, exist_ok=True)
        sentencepiece.SentencePieceTrainer.train(
            **dict(dict(input=str(texts), model_prefix=str(to / "m"), vocab_size=400, num_threads=1, character_coverage=0.9995, minloglevel=2, hard_vocab_limit=False, input_sentence_size=3000, train_extremely_large_corpus=False), **case["options"])
        )
        (to / "m.model").rename(to / case["file"])
        (to / "m.vocab").unlink()
        (to / "config.json").write_text(json.dumps({"model_type": case.get("type", name)}) + "\n")
        if case["settings"] is not None:
            (to / "tokenizer_config.json").write_text(json.dumps({k: v for k, v in case["settings"].items() if v is not None}) + "\n")
        tokenizer = AutoTokenizer.from_pretrained(to)
        rows = []
        for text in TEXTS:
            rows.append({"text": text, "input_ids": tokenizer(text)["input_ids"]})
        for first, second in PAIRS:
            rows.append({"text": first, "pair": second, "input_ids": tokenizer(first, second)["input_ids"]})
        (to / "expected.json").write_text(json.dumps({"class": type(tokenizer).__name__, "size": len(tokenizer), "rows": rows}, ensure_ascii=True, indent=0) + "\n")
        print(name, type(tokenizer).__name__, len(tokenizer), rows[0]["input_ids"][:12], tokenizer.convert_ids_to_tokens(rows[5]["input_ids"])[:40])
        (to / (case["file"] + ".gz")).write_bytes(gzip.compress((to / case["file"]).read_bytes(), mtime=0))
        (to / case["file"]).unlink()


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
