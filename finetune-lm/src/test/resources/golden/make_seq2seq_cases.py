"""Writes t5-untied, t5-relu and bart-scaled: what Transformers computes with encoders and decoders of other settings than those of
t5-summarization and bart-summarization, whose tokenizers they take.

Run it here, with the cases' names if not for all of them, with torch and transformers installed; the numbers were made with torch
2.13.0 and transformers 5.18.0.
"""

import json
import pathlib
import random
import shutil
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration

from reference_training import train

HERE = pathlib.Path(__file__).parent
STEPS = 12
WORDS = "the product arrived on time great sound weak bass fair price again and nobody answered my mail within an hour".split()


def texts(count, least, most):
    return [" ".join(random.choices(WORDS, k=random.randint(least, most))) for _ in range(count)]


def wide(name, parameter):
    """Wider than usual, so that mistakes show."""
    if parameter.dim() == 1:
        return parameter.add_(0.02 * torch.randn_like(parameter))
    std = 0.4 if "shared" in name or "lm_head" in name else 0.12 if ".q." in name or ".k." in name else 0.2
    return parameter.normal_(0, std)


def case(name, model, config, tokenizer, longest, untied=False, more=None):
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    seed = sum(map(ord, name))
    torch.manual_seed(seed)
    random.seed(seed)
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    network = model(config)
    if untied:
        network.lm_head.weight = torch.nn.Parameter(torch.zeros_like(network.lm_head.weight))
    with torch.no_grad():
        for key, parameter in network.named_parameters():
            wide(key, parameter)
        if hasattr(network, "final_logits_bias"):
            network.final_logits_bias.normal_(0, 0.3)
    network.save_pretrained(folder / "model")
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(HERE / tokenizer / "model" / file, folder / "model" / file)
    if more:
        told = json.loads((folder / "model" / "config.json").read_text())
        more(told)
        (folder / "model" / "config.json").write_text(json.dumps(told, indent=2) + "\n")
    network = model.from_pretrained(folder / "model")
    tok = AutoTokenizer.from_pretrained(folder / "model")
    batches, told, tensors = [], [], {}
    for i in range(4):
        sources, targets = texts(3, 3, longest), texts(3, 2, 5)
        batch = dict(tok(sources, padding=True, return_tensors="pt"))
        batch.pop("token_type_ids", None)
        written = tok(text_target=targets, padding=True, return_tensors="pt")
        batch["labels"] = written["input_ids"].masked_fill(written["attention_mask"] == 0, -100)
        batches.append(batch)
        told.append([sources, targets])
        tensors.update({f"batch{i}.{key}": value for key, value in batch.items()})
    network.eval()
    with torch.no_grad():
        output = network(**batches[0], output_hidden_states=True)
    tensors["expected.logits"] = output.logits
    for side in ("encoder_hidden_states", "decoder_hidden_states"):
        tensors.update({f"expected.{side}.{i}": hidden for i, hidden in enumerate(output[side])})
    info = dict(task=model.__name__, texts=told, max_length=64, decoder_start_token_id=config.decoder_start_token_id,
                expected_loss_batch0=float(output.loss), **train(network, batches, STEPS))
    with torch.no_grad():
        tensors["expected.logits_after"] = network(**batches[0]).logits
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "case.safetensors")
    (folder / "case.json").write_text(json.dumps(info, indent=1, sort_keys=True) + "\n")


def as_hub(config):
    """Version 1.1 as checkpoints on the hub tell it."""
    config.pop("scale_decoder_outputs")
    config["tie_word_embeddings"] = False


T5 = dict(vocab_size=273, dropout_rate=0.0, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0)
BART = dict(vocab_size=311, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0, max_position_embeddings=64)

case("t5-untied", T5ForConditionalGeneration,
     T5Config(**T5, d_model=24, d_kv=6, d_ff=40, num_layers=3, num_decoder_layers=1, num_heads=3, relative_attention_num_buckets=12,
              relative_attention_max_distance=20, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
     "t5-summarization", 10, untied=True, more=as_hub)
case("t5-relu", T5ForConditionalGeneration,
     T5Config(**T5, d_model=32, d_kv=8, d_ff=40, num_layers=2, num_decoder_layers=3, num_heads=2, relative_attention_num_buckets=8,
              relative_attention_max_distance=16, feed_forward_proj="relu"),
     "t5-summarization", 44)
case("bart-scaled", BartForConditionalGeneration,
     BartConfig(**BART, d_model=24, encoder_layers=1, decoder_layers=3, encoder_attention_heads=3, decoder_attention_heads=2,
                encoder_ffn_dim=40, decoder_ffn_dim=32, activation_function="relu", scale_embedding=True),
     "bart-summarization", 8)
