#!/usr/bin/env python3
"""Tiny random encoders exported to ONNX in the ways that exporters and optimizers write them, with what ONNX Runtime
computes from them: make_onnx_cases.py GOLDEN OUT. Written with torch 2.13 (its TorchScript exporter, and bert-dynamo by that which
it takes by default, with onnxscript), transformers 5.18, onnx 1.23 and onnxruntime 1.30. GOLDEN holds the golden cases, whose tokenizers are used. Names of cases may follow, to write these alone."""
import json, os, random, sys, warnings
import numpy as np, onnx, onnxruntime as ort, torch
from onnx import numpy_helper
from onnxruntime.quantization import quantize_dynamic, QuantType
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel, DistilBertConfig, DistilBertModel, RobertaConfig, RobertaForTokenClassification, RobertaModel

warnings.filterwarnings("ignore")
golden, out = sys.argv[1], sys.argv[2]
WORDS = "the a film was good bad really plot actor she he they it and but never boring great end story".split()


def tokenizer(case):
    tok = AutoTokenizer.from_pretrained(os.path.join(golden, case, "model"))
    tok.backend_tokenizer.no_truncation()
    tok.backend_tokenizer.no_padding()
    return tok


def randomized(model, seed, zero_biases=False):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            norm = "LayerNorm.weight" in name or "layer_norm.weight" in name
            p.copy_(torch.randn(p.shape, generator=generator) * 0.2 + (1 if norm else 0))
            if zero_biases and name.endswith("bias"):
                p.zero_()
            if zero_biases and norm:
                p.fill_(1)
    return model.eval()


def export(model, folder, names, outputs, opset, fold=True, half=False):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "model.onnx")
    ids = torch.randint(5, 60, (2, 7))
    example = [ids, torch.ones_like(ids)] + ([torch.zeros_like(ids)] if "token_type_ids" in names else [])
    if half:
        model = model.half()
    axes = {n: {0: "batch_size", 1: "sequence_length"} for n in names}
    axes.update({n: {0: "batch_size"} if n == "logits" and "Sequence" in type(model).__name__ else {0: "batch_size", 1: "sequence_length"} for n in outputs})

    plain = model.forward
    model.forward = lambda *inputs: plain(**dict(zip(names, inputs)), return_dict=False)[0]
    torch.onnx.export(model, tuple(example), path, input_names=names, output_names=outputs, dynamic_axes=axes, opset_version=opset, do_constant_folding=fold, dynamo=False)
    return path


def expected(path, tok, names, folder, seed):
    rng = random.Random(seed)
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    texts, values = [], []
    for n in [1, 2, 3, 5, 8, 13, 21] + [rng.randint(1, 25) for _ in range(5)]:
        text = " ".join(rng.choice(WORDS) for _ in range(n))
        enc = tok(text, truncation=True, max_length=40, return_tensors="np")
        feed = {k: enc[k] if k in enc else np.zeros_like(enc["input_ids"]) for k in names}
        result = session.run(None, feed)[0][0]
        texts.append(text)
        values.append(result.astype(float).round(7).tolist() if result.ndim == 1 else {"first": result[0].astype(float).round(7).tolist(), "mean": result.mean(0).astype(float).round(7).tolist(), "tokens": result.shape[0], "last": result[-1].astype(float).round(7).tolist()})
    with open(os.path.join(folder, "expected.json"), "w") as f:
        json.dump({"texts": texts, "outputs": values}, f)


BERT = dict(vocab_size=278, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, max_position_embeddings=40, attn_implementation="eager")
FULL, TWO = ["input_ids", "attention_mask", "token_type_ids"], ["input_ids", "attention_mask"]
bert_tok = tokenizer("bert-sequence-classification")
BERT["vocab_size"] = max(BERT["vocab_size"], len(bert_tok))


def case(name):
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    return folder


def bert(name, seed, opset, fold=True, half=False, zero=False, **more):
    folder = case(name)
    model = randomized(BertModel(BertConfig(**{**BERT, **more}), add_pooling_layer=False), seed, zero)
    path = export(model, folder, FULL, ["last_hidden_state"], opset, fold, half)
    expected(path, bert_tok, FULL, folder, seed)
    return model, path


def wanted(name):
    return len(sys.argv) < 4 or name in sys.argv[3:]


if wanted("bert"):
    bert("bert", 1, 11)
if wanted("bert-unfolded"):
    bert("bert-unfolded", 2, 12, fold=False, hidden_act="gelu_new", layer_norm_eps=1e-6)
if wanted("bert-layer-norm"):
    bert("bert-layer-norm", 3, 17, hidden_act="relu", layer_norm_eps=1e-5)
if wanted("bert-zero-biases"):
    bert("bert-zero-biases", 4, 14, zero=True)
if wanted("bert-half"):
    bert("bert-half", 5, 17, half=True)
if wanted("bert-external"):
    m, p = bert("bert-external", 6, 17)
    model = onnx.load(p)
    os.remove(p)
    onnx.save_model(model, p, save_as_external_data=True, all_tensors_to_one_file=True, location="model.onnx_data", size_threshold=64)
if wanted("bert-typed-fields"):
    m, p = bert("bert-typed-fields", 7, 13)
    model = onnx.load(p)
    for t in model.graph.initializer:
        if t.data_type == 1:
            a = numpy_helper.to_array(t)
            t.ClearField("raw_data")
            t.float_data.extend(a.ravel().tolist())
    onnx.save(model, p)
if wanted("bert-runtime-basic") or wanted("bert-runtime-extended"):
    for level, name in ((ort.GraphOptimizationLevel.ORT_ENABLE_BASIC, "bert-runtime-basic"), (ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED, "bert-runtime-extended")):
        m, p = bert(name, 8, 17)
        o = ort.SessionOptions()
        o.graph_optimization_level = level
        o.optimized_model_filepath = p + ".opt"
        ort.InferenceSession(p, o, providers=["CPUExecutionProvider"])
        os.replace(p + ".opt", p)
if wanted("bert-quantized"):
    m, p = bert("bert-quantized", 9, 17)
    quantize_dynamic(p, p + ".q", weight_type=QuantType.QInt8)
    os.replace(p + ".q", p)
    os.remove(os.path.join(os.path.dirname(p), "expected.json"))
if wanted("bert-dynamo"):
    folder = case("bert-dynamo")
    model = randomized(BertModel(BertConfig(**{**BERT, "attn_implementation": "sdpa"}), add_pooling_layer=False), 14)
    ids = torch.randint(5, 60, (2, 7))
    axes = {0: torch.export.Dim("batch", max=64), 1: torch.export.Dim("length", max=40)}
    path = os.path.join(folder, "model.onnx")
    torch.onnx.export(model, (), path, kwargs={"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}, dynamic_shapes={n: axes for n in FULL}, external_data=False, dynamo=True)
    model = onnx.load(path)
    for part in [model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.value_info]:
        del part.metadata_props[:]  # The machine's paths.
    onnx.save(model, path)
    expected(path, bert_tok, FULL, folder, 14)
if wanted("bert-classification"):
    folder = case("bert-classification")
    config = BertConfig(**BERT, num_labels=3, id2label={0: "bad", 1: "so-so", 2: "good"}, label2id={"bad": 0, "so-so": 1, "good": 2})
    model = randomized(BertForSequenceClassification(config), 10)
    path = export(model, folder, FULL, ["logits"], 17)
    expected(path, bert_tok, FULL, folder, 10)
    config.architectures = ["BertForSequenceClassification"]
    config.to_json_file(os.path.join(folder, "config.json"))
if wanted("distilbert"):
    folder = case("distilbert")
    model = randomized(DistilBertModel(DistilBertConfig(vocab_size=BERT["vocab_size"], dim=24, n_layers=2, n_heads=2, hidden_dim=40, max_position_embeddings=40, attn_implementation="eager")), 11)
    path = export(model, folder, TWO, ["last_hidden_state"], 14)
    expected(path, bert_tok, TWO, folder, 11)
ROBERTA = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, max_position_embeddings=42, type_vocab_size=1, layer_norm_eps=1e-5, attn_implementation="eager")
if wanted("roberta") or wanted("roberta-tokens"):
    tok = tokenizer("roberta-sequence-classification")
    config = RobertaConfig(vocab_size=len(tok), pad_token_id=tok.pad_token_id, num_labels=3, **ROBERTA)
    folder = case("roberta")
    path = export(randomized(RobertaModel(config, add_pooling_layer=False), 12), folder, TWO, ["last_hidden_state"], 17)
    expected(path, tok, TWO, folder, 12)
    export(randomized(RobertaForTokenClassification(config), 13), case("roberta-tokens"), TWO, ["logits"], 17)
