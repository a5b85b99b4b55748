"""As much of Helm's template language as our chart uses: enough to see what comes out of it."""

import hashlib
import json
import re

import yaml

ACTION = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)


def tokens(text):
    """Text and actions in turn; `{{-` and `-}}` take the white space beside them away."""
    out, at = [], 0
    for match in ACTION.finditer(text):
        before = text[at:match.start()]
        if out and out[-1][2]:
            before = before.lstrip()
        out.append(("text", before.rstrip() if match[1] else before, False))
        out.append(("action", match[2], bool(match[3])))
        at = match.end()
    rest = text[at:]
    out.append(("text", rest.lstrip() if out and out[-1][2] else rest, False))
    return out


def value(word, scope):
    if word.startswith('"'):
        return json.loads(word)
    if word.isdigit():
        return int(word)
    if word.startswith("$"):
        return scope[word]
    found = scope
    for name in word.strip(".").split("."):
        assert name in found, f"{word} is not in values.yaml"
        found = found[name]
    return found


def to_yaml(document):
    return yaml.safe_dump(document, sort_keys=False).rstrip("\n")


FUNCTIONS = {
    "quote": lambda text: json.dumps(str(text)),
    "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "nindent": lambda count, text: "\n" + "\n".join(" " * count + line if line else line for line in text.split("\n")),
    "toYaml": to_yaml,
    "printf": lambda form, *values: form % values,
}


def evaluate(expression, scope):
    result = []
    for part in expression.split("|"):
        words = re.findall(r'"(?:\\.|[^"])*"|\S+', part)
        if words[0] in FUNCTIONS:
            result = [FUNCTIONS[words[0]](*[value(word, scope) for word in words[1:]], *result)]
        else:
            assert len(words) == 1, f"not understood: {expression}"
            result = [value(words[0], scope)]
    return result[0]


def render(text, scope):
    """What the template `text` makes of `scope`."""
    parts = tokens(text)

    def block(at, scope, is_shown):
        """Renders up to the matching `end`; nothing when it is hidden, but its end is found all the same."""
        out = ""
        while at < len(parts):
            kind, content, _ = parts[at]
            at += 1
            if kind == "text":
                out += content
            elif content == "end":
                break
            elif content.startswith("if "):
                inner, at = block(at, scope, is_shown and bool(evaluate(content[3:], scope)))
                out += inner
            elif content.startswith("range "):
                key, item, source = re.fullmatch(r"range (\$\w+), (\$\w+) := (.*)", content).groups()
                begin = at
                _, at = block(begin, scope | {key: "", item: ""}, False)
                for name, one in sorted(evaluate(source, scope).items()) if is_shown else []:
                    out += block(begin, scope | {key: name, item: one}, True)[0]
            elif is_shown:
                out += str(evaluate(content, scope))
        return (out if is_shown else ""), at

    return block(0, scope, True)[0]


def chart(folder, **values):
    """The documents that the chart in `folder` makes with `values` over its own."""
    scope = {"Values": yaml.safe_load((folder / "values.yaml").read_text()) | values, "Release": {"Name": "release"}}
    documents = []
    for file in sorted((folder / "templates").glob("*.yaml")):
        documents += [one for one in yaml.safe_load_all(render(file.read_text(), scope)) if one]
    return {one["kind"]: one for one in documents}
