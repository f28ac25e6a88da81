"""The published authoring schemas, as an editor uses them: with no reader of this project, nothing but JSON Schema."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "rules" / "schema"
SCHEMAS = {path.name.split(".")[0]: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
WRITTEN_BY_AUTHORS = ("rule", "facts", "test", "finds", "pack", "data", "profile", "valueset", "units", "systems")
"""What authors write by hand. A FHIR ValueSet comes from a server; a site file has a whole example of its own."""
EXAMPLES_ELSEWHERE = {
    *("pack: .services", "pack: .drugs", "pack: .shows", "pack: .notes", "pack: .evidence", "pack: .suggestions"),
    *("pack: .attributes", "data: .groups", "systems: .systems", "test: .defaults.patient", "test: .defaults.lines"),
}
"""Mappings of many keys: the keys inside have the examples."""
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")


class YamlOfEditors(yaml.CSafeLoader):
    """YAML 1.2 core, which editors read: ``yes`` and ``2026-11-24`` are texts, ``true`` and ``12`` are not."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML reads it from the class; add_implicit_resolver copies it


for tag, form, first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    YamlOfEditors.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{form})$"), list(first))


def parts(schema, where=""):
    """Each part of a schema by its path; keys without a bracket, items and further keys with one."""
    inner = {**schema.get("properties", {}), **schema.get("definitions", {})}
    inner |= {f"[{name}]": schema[name] for name in ("items", "additionalProperties") if name in schema}
    for name, part in inner.items():
        if isinstance(part, dict):
            yield f"{where}.{name}", part
            yield from parts(part, f"{where}.{name}")


def validator_of(name, part):
    """A validator of a part alone, which still finds the definitions of its schema."""
    whole = SCHEMAS[name]
    alone = {**part, **({"definitions": whole["definitions"]} if "definitions" in whole else {})}
    return jsonschema.Draft7Validator(alone)


each_schema = pytest.mark.parametrize("name", sorted(SCHEMAS))


@each_schema
def test_a_schema_is_valid_and_has_a_name_that_depends_on_no_place(name):
    """Draft-07, which editors understand; an absolute id that is nobody's address."""
    schema = SCHEMAS[name]
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"] == f"urn:isotretinoin-cds:schema:{name}"
    jsonschema.Draft7Validator.check_schema(schema)


@each_schema
def test_every_reference_leads_to_a_definition_of_the_same_file(name):
    """An editor that was given one file needs no other."""
    references = re.findall(r'"\$ref": "([^"]*)"', json.dumps(SCHEMAS[name]))
    assert {each for each in references if each.removeprefix("#/definitions/") not in SCHEMAS[name]["definitions"]} == (
        set()
    )


@each_schema
def test_every_key_says_what_it_means(name):
    """Editors show it while an author points at the key, and messages name it as the remedy."""
    found = [(where, part) for where, part in parts(SCHEMAS[name]) if "$ref" not in part]
    assert found
    assert [where for where, part in found if not part.get("description", "").strip()] == []


@each_schema
def test_each_example_is_valid_where_it_stands(name):
    """An example that an editor inserts must not be marked as wrong by the same editor."""
    wrong = [
        (where, example)
        for where, part in parts(SCHEMAS[name])
        for example in part.get("examples", ())
        if not validator_of(name, part).is_valid(example)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", WRITTEN_BY_AUTHORS)
def test_every_key_that_an_author_fills_in_has_an_example(name):
    """Unless its options are listed, or it only holds keys that have examples of their own."""
    without = {
        f"{name}: {where}"
        for where, part in parts(SCHEMAS[name])
        if not where.endswith("]") and not {"examples", "enum", "$ref", "properties"} & part.keys()
    }
    assert without - EXAMPLES_ELSEWHERE == set()


def test_an_example_that_does_not_fit_would_be_noticed():
    """The test of examples can fail: a part is judged by itself, and its references are followed."""
    expect = SCHEMAS["test"]["definitions"]["test"]["properties"]["data"]
    assert validator_of("test", expect).is_valid([{"triglycerides": {"date": "10 days ago"}}])
    assert not validator_of("test", expect).is_valid([{"triglycerides": {"dated": "10 days ago"}}])
    assert not validator_of("rule", SCHEMAS["rule"]["properties"]["version"]).is_valid("1.0")


def authored():
    """Each YAML file of the checkout that an author may open, with the kind of its schema."""
    kinds = {"units.yaml": "units", "systems.yaml": "systems", "words.yaml": "words", "defaults.yaml": "defaults"}
    for path in sorted((ROOT / "rules").rglob("*.yaml")):
        if "scaffolds" not in path.parts:
            kind = "valueset" if path.parent.name == "valuesets" else kinds.get(path.name, "")
            yield path, kind
    yield from ((path, "hook") for path in sorted((ROOT / "hooks").glob("*.yaml")))
    yield ROOT / "site.example.yaml", "site"


def test_all_content_is_valid_for_an_editor():
    """What ``check`` accepts, no editor marks; the modeline of a file leads to the schema of its kind."""
    seen, wrong = set(), []
    for path, kind in authored():
        words = path.read_text(encoding="utf-8")
        modeline = MODELINE.match(words)
        schema = (path.parent / modeline[1]).resolve() if modeline else FOLDER / f"{kind}.schema.json"
        assert schema.parent == FOLDER
        assert schema.is_file(), path
        name = schema.name.split(".")[0]
        assert kind in ("", name), path
        seen.add(name)
        found = jsonschema.Draft7Validator(SCHEMAS[name]).iter_errors(yaml.load(words, YamlOfEditors))  # noqa: S506 - a SafeLoader
        wrong += [(path.relative_to(ROOT).as_posix(), list(each.absolute_path), each.message) for each in found]
    assert wrong == []
    assert seen == set(SCHEMAS) - {"fhir-valueset"}


def test_fhir_value_sets_are_valid_for_an_editor():
    """They are JSON, and have a schema as well."""
    found = sorted((ROOT / "rules" / "valuesets").glob("*.json"))
    validator = jsonschema.Draft7Validator(SCHEMAS["fhir-valueset"])
    assert [path.name for path in found if not validator.is_valid(json.loads(path.read_text()))] == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("rule", {"versoin": "1.0.0"}),
        ("rule", {"version": 1.0}),
        ("rule", {"status": "activ"}),
        ("rule", {"history": [{"version": "1.0.0", "date": "November 2026", "changed": "a", "because": "b"}]}),
        ("rule", {"history": [{"version": "1.0.0", "date": "2026-11-24", "changed": "a"}]}),
        ("rule", {"history": []}),
    ],
)
def test_an_editor_marks_what_is_wrong(name, change):
    """The schemas refuse a key, a type, an option and a form that are not theirs."""
    path = ROOT / "rules" / "isotretinoin" / "baseline-triglycerides.yaml"
    body = yaml.load(path.read_text(encoding="utf-8"), YamlOfEditors)  # noqa: S506 - a SafeLoader
    assert jsonschema.Draft7Validator(SCHEMAS[name]).is_valid(body)
    assert not jsonschema.Draft7Validator(SCHEMAS[name]).is_valid({**body, **change})
