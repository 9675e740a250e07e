"""What Transformers renders of the templates beside this file: renders the rows of expected.json anew.

python make_expected.py: writes expected.json, whose conversations, arguments and pairs of both stay. Made with transformers 5.18, jinja2 3.1.
The templates are written in the shape of well-known models' ones: what they do with Jinja, not what they say.
"""
import copy
import datetime
import json
from pathlib import Path

import transformers.utils.chat_template_utils as templates

HERE = Path(__file__).resolve().parent


class Then(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 6, 5, 4, 3)


templates.datetime = Then


def lines(values):
    return ",\n  ".join(json.dumps(value, ensure_ascii=False) for value in values)


expected = json.loads((HERE / "expected.json").read_text())
rows = []
for row in expected["rows"]:
    made = {key: row[key] for key in ("template", "conversation", "arguments")}
    source = (HERE / row["template"]).read_text()
    compiled = templates._compile_jinja_template(source)
    messages = copy.deepcopy(expected["conversations"][row["conversation"]])
    arguments = copy.deepcopy(expected["arguments"][row["arguments"]])
    try:
        if "endgeneration" in source:
            made["text"], spans = templates._render_with_assistant_indices(compiled, messages, **arguments)
            made["generated"] = [end for span in spans for end in span]
        else:
            made["text"] = compiled.render(messages=messages, **arguments)
    except Exception:  # Whatever it is, the template doesn't take the conversation.
        made["error"] = True
    rows.append(made)
parts = [f' "{key}": [\n  {lines(values)}\n ]' for key, values in {**expected, "rows": rows}.items()]
(HERE / "expected.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")
