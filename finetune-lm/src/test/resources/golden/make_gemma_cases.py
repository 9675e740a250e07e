"""Writes gemma-causal-lm, gemma2-causal-lm and gemma3-causal-lm: what Transformers computes with tiny random models of the family.

Run it here, with the cases' names if not for all of them, with torch and transformers installed; the numbers were made with torch
2.13.0 and transformers 5.18.0. Gemma 2 is computed with "eager" attention: "sdpa" leaves out the cap of attention's scores.
Texts of a batch differ by fewer tokens than a window has, so that padding sees something, too.
"""

import collections
import json
import pathlib
import random
import shutil
import sys

import torch
from safetensors.torch import save_file
from transformers import Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig, GemmaConfig, GemmaForCausalLM
from transformers import GemmaTokenizer

from reference_training import train

HERE = pathlib.Path(__file__).parent
STEPS, WINDOW = 24, 7
WORDS = ("the product arrived on time great sound , weak bass fair price . freezing early layers again and nobody answered my mail"
         " within an hour").split()
PROMPTS = ["the product arrived on", "great sound , weak bass , fair price . freezing the early"]
NEW = 12


def tokenizer():
    """Byte pairs over characters, spaces as the lower block, bytes for what else there is, as Gemma has it."""
    words = {tuple("▁" + word): count for word, count in collections.Counter(WORDS).items()}
    merges = []
    while len(merges) < 70:
        pairs = collections.Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged = {}
        for word, count in words.items():
            out, i = [], 0
            while i < len(word):
                both = word[i:i + 2] == best
                out.append("".join(best) if both else word[i])
                i += 2 if both else 1
            merged[tuple(out)] = count
        words = merged
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
    tokens += [f"<0x{i:02X}>" for i in range(256)] + [a + b for a, b in merges] + sorted(set("".join(WORDS)) | {"▁"})
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    return GemmaTokenizer(vocab=vocab, merges=merges, model_max_length=64,
                          additional_special_tokens=["<start_of_turn>", "<end_of_turn>"])


def texts(tok):
    while True:
        some = [" ".join(random.choices(WORDS, k=random.randint(4, 7))) for _ in range(3)]
        lengths = [len(tok(text)["input_ids"]) for text in some]
        if max(lengths) - min(lengths) < WINDOW - 1 and WINDOW + 4 < max(lengths) <= 32:
            return some


def encoded(tok, some, side="right"):
    tok.padding_side = side
    batch = dict(tok(some, padding=True, return_tensors="pt"))
    batch.pop("token_type_ids", None)
    return dict(batch, labels=batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100))


def wide(name, parameter, std):
    """Wider than usual, so that mistakes show, but no wider than 32-bit floats bear: without norms of what layers give, less."""
    if parameter.dim() == 1:
        return parameter.normal_(0, 0.3)
    return parameter.normal_(0, 0.1 if "embed" in name else 0.2 if "q_proj" in name or "k_proj" in name else std)


def generate(network, tok):
    tok.padding_side = "left"
    inputs = dict(tok(PROMPTS, padding=True, return_tensors="pt"))
    inputs.pop("token_type_ids", None)
    start, rows = inputs["input_ids"].shape[1], []

    def run(kind, **settings):
        settings = dict(settings, max_new_tokens=NEW, pad_token_id=0)
        with torch.no_grad():
            out = network.generate(**inputs, **settings, do_sample=False, return_dict_in_generate=True, output_scores=True)
        ids = out.sequences[:, start:]
        row = dict(kind=kind, settings=settings, ids=ids.tolist(), text=tok.batch_decode(ids, skip_special_tokens=True))
        if out.get("sequences_scores") is not None:
            row["sequences_scores"] = out.sequences_scores.tolist()
        else:
            top = torch.stack(out.scores).topk(2, -1).values
            row["least_margin"] = float((top[..., 0] - top[..., 1]).min())
            assert row["least_margin"] > 1e-4, (kind, row["least_margin"])
        rows.append(row)
        return out

    run("greedy", num_beams=1)
    out = run("greedy, no pair of tokens twice", num_beams=1, no_repeat_ngram_size=2)
    run("greedy, no pair of tokens twice, another stop token", num_beams=1, no_repeat_ngram_size=2,
        eos_token_id=int(out.sequences[0, start + 5]))
    run("beam", num_beams=3, num_return_sequences=3, length_penalty=1.0, early_stopping=False)
    run("beam", num_beams=3, num_return_sequences=3, length_penalty=0.3, early_stopping=True)
    tok.padding_side = "right"
    return rows


def case(name, model, config, attention, hub):
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    seed = sum(map(ord, name))
    torch.manual_seed(seed)
    random.seed(seed)
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    tok = tokenizer()
    config = config(vocab_size=len(tok))
    network = model(config)
    with torch.no_grad():
        for key, parameter in network.named_parameters():
            wide(key, parameter, 0.2 if model is GemmaForCausalLM else 0.35)
    network.save_pretrained(folder / "model")
    tok.save_pretrained(folder / "model")
    told = json.loads((folder / "model" / "config.json").read_text())
    hub(told)
    (folder / "model" / "config-hub.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")
    network = model.from_pretrained(folder / "model", attn_implementation=attention)
    network.eval()
    batches, said, tensors = [], [], {}
    for i in range(4):
        said.append(texts(tok))
        batches.append(encoded(tok, said[-1]))
        tensors.update({f"batch{i}.{key}": value for key, value in batches[-1].items()})
    left = encoded(tok, said[0], "left")
    positions = (left["attention_mask"].cumsum(-1) - 1).masked_fill(left["attention_mask"] == 0, 0)
    tensors.update({f"left.{key}": value for key, value in dict(left, position_ids=positions).items()})
    info = dict(task=model.__name__, texts=said, max_length=32, prompts=PROMPTS, attention_kernel=attention)
    with torch.no_grad():
        output = network(**batches[0], output_hidden_states=True)
        same = model.from_pretrained(folder / "model", attn_implementation=attention,
                                     config=type(config).from_pretrained(folder / "model" / "config-hub.json"))
        assert torch.equal(same.eval()(**batches[0]).logits, output.logits), "config-hub.json says something else"
        tensors["expected.logits"] = output.logits
        tensors.update({f"expected.hidden_states.{i}": hidden for i, hidden in enumerate(output.hidden_states)})
        moved, counted = network(**left, position_ids=positions), network(**left)
        tensors["expected.left.logits"] = moved.logits
        info.update(expected_loss_batch0=float(output.loss), expected_left_loss=float(moved.loss),
                    expected_left_loss_without_position_ids=float(counted.loss))
    info.update(generation=generate(network, tok), **train(network, batches, STEPS))
    with torch.no_grad():
        tensors["expected.logits_after"] = network(**batches[0]).logits
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "case.safetensors")
    for file in folder.rglob("*.safetensors"):
        file.chmod(0o644)
    (folder / "case.json").write_text(json.dumps(info, indent=1, sort_keys=True) + "\n")
    print(name, info["expected_losses"][0], info["expected_losses"][-1], [row["text"][0] for row in info["generation"]])


def as_gemma(told):
    """The first files said "gelu" and meant the other one."""
    told["hidden_act"] = "gelu"
    told["rope_theta"] = told.pop("rope_parameters")["rope_theta"]


def as_gemma2(told):
    told["rope_theta"] = told.pop("rope_parameters")["rope_theta"]
    told["hidden_act"] = told["hidden_activation"]
    told["cache_implementation"] = "hybrid"
    told.pop("layer_types")


def as_gemma3(told):
    rope = told.pop("rope_parameters")
    told["rope_theta"] = rope["full_attention"].pop("rope_theta")
    told["rope_scaling"] = rope["full_attention"]
    told["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
    told["sliding_window_pattern"] = 3
    told.pop("layer_types")


BASE = dict(hidden_size=32, intermediate_size=56, num_attention_heads=4, head_dim=12, max_position_embeddings=64)
WINDOWED = dict(BASE, sliding_window=WINDOW, query_pre_attn_scalar=20)

case("gemma-causal-lm", GemmaForCausalLM, lambda **kw: GemmaConfig(**BASE, **kw, num_hidden_layers=2, num_key_value_heads=1),
     "sdpa", as_gemma)
case("gemma2-causal-lm", Gemma2ForCausalLM,
     lambda **kw: Gemma2Config(**WINDOWED, **kw, num_hidden_layers=3, num_key_value_heads=2, attn_logit_softcapping=1.5,
                               final_logit_softcapping=1.2), "eager", as_gemma2)
case("gemma3-causal-lm", Gemma3ForCausalLM,
     lambda **kw: Gemma3TextConfig(**WINDOWED, **kw, num_hidden_layers=4, num_key_value_heads=2, sliding_window_pattern=3,
                                   rope_parameters=dict(full_attention=dict(rope_type="linear", factor=4.0, rope_theta=1e6),
                                                        sliding_attention=dict(rope_type="default", rope_theta=1e4))),
     "sdpa", as_gemma3)
