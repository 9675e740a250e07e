#!/usr/bin/env python3
"""Tiny encoders with random settings, and what Transformers computes of them.

    random_models.py make GOLDEN OUT SEED   a model and a case for each family, head and draw of settings; tokenizers from GOLDEN
    random_models.py check OUT              the models that were saved beside the cases: the same outputs, nothing missing

Gradients are those of the loss in evaluation mode, so that no dropout is drawn.
"""
import json, os, random, shutil, sys

import torch
import transformers as T
from safetensors.torch import load_file, save_file

T.utils.logging.set_verbosity_error()
torch.set_num_threads(1)
HEADS = ["classes", "regression", "labels", "tokens", "questions", "masked"]
CLASSES = dict(classes="ForSequenceClassification", regression="ForSequenceClassification", labels="ForSequenceClassification",
               tokens="ForTokenClassification", questions="ForQuestionAnswering", masked="ForMaskedLM")
R = random.Random()


def sizes(**more):
    heads = R.choice([1, 2, 3, 4])
    return dict(hidden_size=heads * R.choice([4, 8, 10]), num_attention_heads=heads, num_hidden_layers=R.choice([1, 2, 3, 5]),
                intermediate_size=R.choice([12, 20, 33]), max_position_embeddings=80, hidden_act=R.choice(["gelu", "relu", "gelu_new", "silu"]),
                layer_norm_eps=R.choice([1e-5, 1e-7, 1e-12]), initializer_range=0.1, **more)


def xlm_roberta():
    return "XLMRoberta", T.XLMRobertaConfig, sizes(type_vocab_size=R.choice([1, 2]), pad_token_id=1)


def mpnet():
    return "MPNet", T.MPNetConfig, sizes(relative_attention_num_buckets=R.choice([32, 40]))


def albert():
    groups = R.choice([1, 2, 3])
    return "Albert", T.AlbertConfig, dict(sizes(embedding_size=R.choice([6, 16]), num_hidden_groups=groups, inner_group_num=R.choice([1, 2, 3]),
                                                classifier_dropout_prob=0.1), num_hidden_layers=R.choice([3, 4, 5]))


def modernbert():
    s = sizes(); heads = s["num_attention_heads"]
    for k in ("hidden_act", "layer_norm_eps"): s.pop(k)
    s.update(hidden_size=heads * R.choice([4, 8, 16]), num_hidden_layers=R.choice([1, 3, 4, 7]), hidden_activation=R.choice(["gelu", "silu", "relu"]), norm_eps=R.choice([1e-5, 1e-6]),
             local_attention=R.choice([4, 6, 7, 128]), attention_bias=R.random() < .5, mlp_bias=R.random() < .5, norm_bias=R.random() < .5,
             classifier_bias=R.random() < .5, decoder_bias=R.random() < .5, classifier_pooling=R.choice(["cls", "mean"]), classifier_activation=R.choice(["gelu", "silu"]),
             pad_token_id=0, cls_token_id=2, bos_token_id=2, sep_token_id=3, eos_token_id=3, mlp_dropout=0.1, attention_dropout=0.1, embedding_dropout=0.1, classifier_dropout=0.1,
             rope_parameters={k: dict(rope_type="default", rope_theta=R.choice([100.0, 10000.0, 160000.0])) for k in ("full_attention", "sliding_attention")})
    if R.random() < .3: s["layer_types"] = [R.choice(["full_attention", "sliding_attention"]) for _ in range(s["num_hidden_layers"])]
    return "ModernBert", T.ModernBertConfig, s


def deberta_v2():
    relative = R.random() < .9
    kind = [k for k in ("c2p", "p2c") if R.random() < .8]
    s = sizes(relative_attention=relative, pos_att_type=R.choice([kind, "|".join(kind)]) if kind else [], share_att_key=R.random() < .5,
              norm_rel_ebd=R.choice(["none", "layer_norm"]), position_buckets=R.choice([-1, 4, 8, 32]), max_relative_positions=R.choice([-1, 20, 60]),
              position_biased_input=R.random() < .4, type_vocab_size=R.choice([0, 2]), pooler_hidden_act=R.choice(["gelu", "tanh"]), pooler_dropout=0.1,
              legacy=R.random() < .7, pad_token_id=0)
    if R.random() < .4: s.update(cls_dropout=0.2)
    if R.random() < .4: s.update(conv_kernel_size=R.choice([1, 3, 5]), conv_act=R.choice(["tanh", "gelu"]))
    if "conv_kernel_size" in s and s["hidden_size"] % 2 == 0 and R.random() < .5: s.update(conv_groups=2)
    if R.random() < .3 and s["legacy"]: s.update(embedding_size=R.choice([6, 12]))
    return "DebertaV2", T.DebertaV2Config, s


FAMILIES = dict(xlm_roberta=xlm_roberta, mpnet=mpnet, albert=albert, modernbert=modernbert, deberta_v2=deberta_v2)


def batch(config, tok, head, types):
    rows, length = R.choice([1, 3, 4]), R.choice([5, 17, 40])
    n = config.vocab_size
    ids = torch.randint(5, min(n, len(tok)), (rows, length)); mask = torch.ones_like(ids)
    ids[:, 0] = tok.cls_token_id
    if R.random() < .7:
        for i in range(1, rows):
            k = R.randrange(3, length + 1); ids[i, k:] = tok.pad_token_id; mask[i, k:] = 0
    b = dict(input_ids=ids, attention_mask=mask)
    if types: b["token_type_ids"] = ((torch.arange(length) > length // 2) * mask).long()
    if head == "classes": b["labels"] = torch.randint(0, 3, (rows,))
    if head == "regression": b["labels"] = torch.randn(rows)
    if head == "labels": b["labels"] = torch.randint(0, 2, (rows, 4)).float()
    if head == "tokens": b["labels"] = torch.where((mask == 1) & (torch.rand(ids.shape) < .7), torch.randint(0, 5, ids.shape), -100); b["labels"][:, 1] = 2
    if head == "questions": b["start_positions"] = torch.randint(0, 3, (rows,)); b["end_positions"] = torch.randint(0, 3, (rows,))
    if head == "masked": b["labels"] = torch.where((mask == 1) & (torch.rand(ids.shape) < .3), ids, -100); b["labels"][:, 1] = ids[:, 1]
    return b


def make(golden, out, seed):
    for family, draw in FAMILIES.items():
        source = os.path.join(golden, family.replace("_", "-") + "-sequence-classification", "model")
        if not os.path.isdir(source): continue
        tok = T.AutoTokenizer.from_pretrained(source)
        for head in HEADS:
            for k in range(2):
                R.seed(f"{seed} {family} {head} {k}"); torch.manual_seed(R.randrange(1 << 30))
                stem, cls, settings = draw()
                config = cls(vocab_size=len(tok) + R.choice([0, 3]), tie_word_embeddings=R.random() < .7, **settings)
                if head in ("classes", "regression", "labels", "tokens"): config.num_labels = dict(classes=3, regression=1, labels=4, tokens=5)[head]
                if head == "regression": config.problem_type = "regression"
                if head == "labels": config.problem_type = "multi_label_classification"
                model = getattr(T, stem + CLASSES[head])._from_config(config).eval()
                with torch.no_grad():
                    for n, p in model.named_parameters(): p.add_(torch.randn_like(p) * 0.1)
                d = os.path.join(out, f"{family}-{head}-{k}")
                model.save_pretrained(os.path.join(d, "model"))
                for f in os.listdir(source):
                    if "token" in f: shutil.copy(os.path.join(source, f), os.path.join(d, "model", f))
                b = batch(config, tok, head, getattr(config, "type_vocab_size", 0) == 2 and family in ("albert", "deberta_v2"))
                o = model(**b); o.loss.backward()
                t = {f"batch0.{k}": v for k, v in b.items()}
                for k2, v in o.items():
                    if k2.endswith("logits"): t[f"expected.{k2}"] = v.detach().contiguous()
                for n, p in model.named_parameters(remove_duplicate=False):
                    if p.grad is not None: t[f"gradient.{n}"] = p.grad.clone()
                save_file(t, os.path.join(d, "case.safetensors"))
                json.dump(dict(task=type(model).__name__, max_length=64, expected_loss_batch0=float(o.loss), head=head), open(os.path.join(d, "case.json"), "w"))


def check(out):
    worst = 0
    for name in sorted(os.listdir(out)):
        d = os.path.join(out, name); saved = os.path.join(d, "saved")
        if not os.path.isdir(saved): continue
        task = json.load(open(os.path.join(d, "case.json")))["task"]
        model, report = getattr(T, task).from_pretrained(saved, output_loading_info=True)
        assert json.load(open(os.path.join(saved, "config.json")))["architectures"] == [task], name
        if not model.config.tie_word_embeddings:      # an untied output layer has a bias of its own: this one isn't computed with
            report["missing_keys"] = {k for k in report["missing_keys"] if k not in ("cls.predictions.bias", "lm_head.bias", "predictions.bias")}
        left = [k for k in ("missing_keys", "unexpected_keys", "mismatched_keys") if report[k]]
        assert not left, (name, report)
        t = load_file(os.path.join(d, "case.safetensors"))
        with torch.no_grad(): o = model.eval()(**{k[7:]: v for k, v in t.items() if k.startswith("batch0.")})
        for k, v in t.items():
            if k.startswith("expected."): worst = max(worst, float((o[k[9:]] - v).abs().max()))
        T.AutoTokenizer.from_pretrained(saved)
    print(json.dumps(dict(worst=worst)))


if __name__ == "__main__":
    if sys.argv[1] == "make": make(*sys.argv[2:])
    else: check(sys.argv[2])
