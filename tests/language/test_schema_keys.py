"""The authoring schemas and the compiler know the same keys."""

import ast
import json
from pathlib import Path

import pytest

from cds.facts.kinds import KINDS
from cds.language.schema import Validator

ROOT = Path(__file__).parents[2]
SCHEMAS = {path.name.split(".")[0]: json.loads(path.read_text()) for path in (ROOT / "rules/schema").glob("*.json")}
FOR_READERS = {"basis", "sources", "version", "title", "source", "context_schema", "kind"}
"""Keys that people read and the compiler does not."""


def properties(schema):
    found = set(schema.get("properties", {}))
    for part in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(part, dict):
            found |= properties(part)
    return found


def constants(folder):
    return {
        node.value
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("name", ["rule", "facts"])
def test_facts_have_the_keys_of_all_kinds(name):
    """A fact in the schema has ask, title, every kind and every key of a kind, and nothing else."""
    keys = set(SCHEMAS[name]["properties"]["facts"]["additionalProperties"]["properties"])
    assert keys == {"ask", "title", *KINDS, *(key for kind in KINDS.values() for key in kind.keys)}


@pytest.mark.parametrize("name", sorted(set(SCHEMAS) - {"site", "test"}))
def test_every_key_of_a_schema_is_read(name):
    """No key is allowed that the compiler would ignore, apart from those that people read.

    Site files and tests of rules have readers of their own.
    """
    read = constants("cds/language") | constants("cds/facts") | constants("cds/authoring")
    assert properties(SCHEMAS[name]) - read - FOR_READERS == set()


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_itself_sound(name):
    """Each schema is valid draft-07 and says of itself what it is for."""
    Validator(SCHEMAS[name])
    assert SCHEMAS[name]["description"]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_no_schema_offers_alternatives(name):
    """Alternatives give messages that no author understands, so there are none."""
    words = json.dumps(SCHEMAS[name])
    assert [each for each in ("anyOf", "oneOf", "allOf") if f'"{each}"' in words] == []
