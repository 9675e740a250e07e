"""What a call's settings of length and generation_config.json's are together, with the model of markov.json: lengths.json, for LengthsTest.

    python make_lengths.py markov.json > lengths.json
"""
import json, random, sys
import torch, transformers
from transformers import GenerationConfig
from markov_model import Markov

random.seed(9)
transformers.logging.set_verbosity_error()
golden = json.load(open(sys.argv[1]))
LAST, BEFORE = (torch.tensor(golden[k]) / 16384 for k in ("last", "before"))
V = len(golden["words"])

model = Markov(LAST, BEFORE)


def lengths(chance):
    s = {}
    if random.random() < chance: s["max_length"] = random.randint(8, 16)
    if random.random() < chance: s["max_new_tokens"] = random.randint(4, 12)
    if random.random() < chance * .7: s["min_length"] = random.randint(0, 8)
    if random.random() < chance * .5: s["min_new_tokens"] = random.randint(0, 4)
    return s


cases = []
for i in range(60):
    file, call = lengths(.5), lengths(.5)
    file["eos_token_id"] = random.sample(range(V), 4)
    if i % 5 == 0: file.update(do_sample=False, temperature=0.0)
    if i % 7 == 0: file.update(temperature=0)
    if i % 4 == 0: call.update(num_beams=2, do_sample=False)
    prompt = [random.randrange(V) for _ in range(random.randint(2, 5))]
    model.generation_config = GenerationConfig(**file, pad_token_id=0)
    with torch.no_grad():
        ids = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), use_cache=False, **call)[0].tolist()
    cases.append(dict(file=file, call=call, prompt=prompt, ids=ids[len(prompt):]))
json.dump(dict(made_with=dict(transformers=transformers.__version__, torch=torch.__version__), cases=cases), sys.stdout, separators=(",", ":"))
print()
