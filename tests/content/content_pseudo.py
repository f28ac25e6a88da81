"""The content in a pseudo-locale: every sentence for readers in letters that no sentence in the program has."""

import json
import re

import yaml

LETTERS = {chr(start + n): chr(other + n) for start, other in ((97, 0x430), (65, 0x410)) for n in range(26)}
"""Each Latin letter as a Cyrillic one, so that a text keeps its length and its place."""
SENTENCES = {
    "rule": ("title", "headline", "found", "why", "do", "silent", "not_checked"),
    "pack.yaml": ("title", "description", "say", "label", "text", "section", "developer"),
    "data.yaml": ("title",),
    "facts": ("called", "says"),
    "profiles": ("title", "label", "confirm"),
}
"""Keys whose values are sentences, by kind of file."""
TABLES = {"pack.yaml": ("topics", "overrides"), "profiles": ("words",), "words.yaml": ("words",)}
"""Keys under which every value is a sentence."""
PACK = "rules/isotretinoin/"

_SLOT = re.compile(r"(\{[^{}]*\})")
_FALLBACK = re.compile(r"""("[^"]*"|'[^']*')""")


def pseudo(text):
    """A sentence in the pseudo-locale; slots stay, and what stands in their place when they are empty is translated."""
    return "".join(_in_slot(part) if part.startswith("{") else _told(part) for part in _SLOT.split(text))


def _in_slot(slot):
    return "".join(_told(part) if part[:1] in ('"', "'") else part for part in _FALLBACK.split(slot))


def _told(text):
    return "".join(LETTERS.get(each, each) for each in text)


def pseudo_content(files):
    """All content files, their sentences in the pseudo-locale; whatever is not a sentence stays byte for byte."""
    return {name: _file(name, body) if _kind(name) else body for name, body in files.items()}


def _kind(name):
    if name == "rules/words.yaml":
        return "words.yaml"
    if not name.startswith(PACK) or not name.endswith(".yaml") or name.endswith(".test.yaml"):
        return ""
    first, _, rest = name.removeprefix(PACK).partition("/")
    return first if rest or first in ("pack.yaml", "data.yaml") else "rule"


def _file(name, body):
    """Only the places of sentences are replaced, from the last to the first."""
    text = body.decode()
    root = yaml.compose(text, Loader=yaml.CBaseLoader)
    for node in sorted(_sentences(root, _kind(name)), key=lambda each: -each.start_mark.index):
        ending = "\n" if node.style in ("|", ">") else ""
        told = json.dumps(pseudo(node.value), ensure_ascii=False) + ending
        text = text[: node.start_mark.index] + told + text[node.end_mark.index :]
    return text.encode()


def _sentences(node, kind, told=False):
    if isinstance(node, yaml.ScalarNode):
        if told:
            yield node
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _sentences(each, kind, told)
    else:
        for key, value in node.value:
            inside = told or key.value in TABLES.get(kind, ())
            is_sentence = key.value in SENTENCES.get(kind, ()) and isinstance(value, yaml.ScalarNode)
            yield from _sentences(value, kind, inside or is_sentence)
