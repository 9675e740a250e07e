"""Texts that Transformers writes with a model whose logits depend on the last two tokens: markov.json, for MarkovTest.

    python make_markov.py > markov.json
"""
import json, random, sys
import torch, transformers
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from markov_model import Markov

random.seed(5); torch.manual_seed(5)
transformers.logging.set_verbosity_error()
WORDS = list("abcdefghijklmnop") + ["ab", "bc", "cd", "abc", "e f", "gh", "hi", "ij"]
V = len(WORDS)
# Multiples of 2^-14, so that sums are exact.
LAST, BEFORE = ((torch.randn(V, V) * s * 16384).round() / 16384 for s in (1.6, 1.0))

model = Markov(LAST, BEFORE)
tok = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="a")))
tok.backend_tokenizer.decoder = decoders.Fuse()
tok.backend_tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")


def settings(i):
    s = dict(max_new_tokens=random.randint(2, 16), eos_token_id=random.sample(range(V), random.choice([1, 1, 2, 3])))
    s["num_beams"] = random.choice([1, 2, 3, 4, 5]) if i >= 6 else 1
    if s["num_beams"] > 1:
        s["num_return_sequences"] = random.randint(1, s["num_beams"])
        s["length_penalty"] = random.choice([-1.0, 0.0, 0.4, 1.0, 2.0]); s["early_stopping"] = random.choice([True, False, "never"])
    if random.random() < .3: s["no_repeat_ngram_size"] = random.choice([1, 2, 3]) if s["max_new_tokens"] < 8 else random.choice([2, 3])
    if random.random() < .3: s["repetition_penalty"] = random.choice([0.8, 1.3, 2.0])
    if random.random() < .3: s["min_new_tokens"] = random.randint(1, s["max_new_tokens"])
    if random.random() < .15: s["min_length"] = random.randint(3, 6); s.pop("min_new_tokens", None)
    if random.random() < .2: s["forced_eos_token_id"] = s["eos_token_id"][0]
    if random.random() < .35: s["stop_strings"] = random.sample(["ab", "bcd", "f", "hij", "cde", "nop", "ma", "gh"], random.choice([1, 2]))
    return s


def write(ids, s):
    with torch.no_grad():
        o = model.generate(torch.tensor(ids), attention_mask=torch.ones(len(ids), len(ids[0]), dtype=torch.long), do_sample=False, use_cache=False,
                           pad_token_id=0, tokenizer=tok, return_dict_in_generate=True, output_scores=True, **s)
    n = s.get("num_return_sequences", 1); start = len(ids[0]); texts = []
    for k, row in enumerate(o.sequences.tolist()):
        new = row[start:]
        if "sequences_scores" in o:
            length = int((o.beam_indices[k] >= 0).sum()); score = float(o.sequences_scores[k])
        else:
            length = next((j + 1 for j in range(len(new)) if new[j] in s["eos_token_id"] or any(x in tok.decode(new[:j + 1]) for x in s.get("stop_strings", []))), len(new))
            score = float(sum(o.scores[j][k].log_softmax(-1)[new[j]] for j in range(length)))
        new = new[:length]
        texts.append(dict(ids=new, text=tok.decode(new), score=score))
    return [texts[i:i + n] for i in range(0, len(texts), n)]


cases = []
for i in range(48):
    s = settings(i); length = random.randint(2, 6)
    prompts = [[random.randrange(V) for _ in range(length - 1)] + [WORDS.index("p")] for _ in range(3)]   # no stop string begins with it
    alone = [write([p], s)[0] for p in prompts]
    if write(prompts, s) != alone: print("a batch differs", i, s, file=sys.stderr)
    cases.append(dict(settings=s, prompts=prompts, texts=alone))
json.dump(dict(made_with=dict(transformers=transformers.__version__, torch=torch.__version__), words=WORDS,
               last=(LAST * 16384).long().tolist(), before=(BEFORE * 16384).long().tolist(), cases=cases), sys.stdout, separators=(",", ":"))
print()
