"""Writes t5-lora and bart-lora: what PEFT computes with LoRA on the models and batches of t5-summarization and bart-summarization.

Run it here, with torch, transformers and peft installed; the numbers were made with torch 2.13.0, transformers 5.18.0 and peft
0.21.0.
"""

import json
import pathlib
import shutil

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM

from reference_training import train

HERE = pathlib.Path(__file__).parent
STEPS = 12


def case(name, base):
    torch.manual_seed(sum(map(ord, name)))
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    given = load_file(HERE / base / "case.safetensors")
    batches = [{k.split(".", 1)[1]: v for k, v in given.items() if k.startswith(f"batch{i}.")} for i in range(4)]
    # This PEFT's class for the task asks these Transformers for a method that they don't have; without a task it is the same.
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0)
    model = get_peft_model(AutoModelForSeq2SeqLM.from_pretrained(HERE / base / "model"), config)
    with torch.no_grad():
        for key, value in model.named_parameters():
            if "lora_B" in key:
                value.normal_(0, 0.05)
    model.save_pretrained(folder / "adapter")
    for batch in batches:
        batch["decoder_input_ids"] = model.base_model.model.prepare_decoder_input_ids_from_labels(batch["labels"])
    tensors = {f"batch{i}.{key}": value for i, batch in enumerate(batches) for key, value in batch.items()}
    model.eval()
    with torch.no_grad():
        tensors["expected.logits"] = model(**batches[0]).logits
    learned = train(model, batches, STEPS)
    assert not learned.pop("no_decay_parameters")
    with torch.no_grad():
        tensors["expected.logits_after"] = model(**batches[0]).logits
    model.save_pretrained(folder / "adapter-after")
    for readme in folder.glob("*/README.md"):
        readme.unlink()
    for file in folder.glob("*/adapter_config.json"):
        file.write_text(json.dumps(dict(json.loads(file.read_text()), task_type="SEQ_2_SEQ_LM", base_model_name_or_path=base), indent=2) + "\n")
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "case.safetensors")
    told = json.loads((HERE / base / "case.json").read_text())
    info = dict(model=base, decoder_start_token_id=told["decoder_start_token_id"], r=4, alpha=8,
                target_modules=sorted(config.target_modules or model.peft_config["default"].target_modules),
                trainable_parameters=model.num_parameters(only_trainable=True), **learned)
    (folder / "case.json").write_text(json.dumps(info, indent=1, sort_keys=True) + "\n")


case("t5-lora", "t5-summarization")
case("bart-lora", "bart-summarization")
