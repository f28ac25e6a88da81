"""Values drawn from the JSON Schemas of hooks/: what the wire contract allows, and now and then what it does not."""

import string

from hypothesis import strategies as st

TEXTS = st.text(max_size=12) | st.sampled_from(
    (
        "order-sign",
        "order-select",
        "patient-view",
        "Bearer",
        "Practitioner/dr",
        "PractitionerRole/r1",
        "p1",
        "MedicationRequest/draft-1",
        "https://fhir.example.org/r4",
        "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "2026-11-24T10:00:00.000Z",
        "accepted",
        "overridden",
    )
)
NAMES = st.text(string.ascii_letters, max_size=6)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(string.ascii_letters, max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
_SCALARS = {
    "string": TEXTS,
    "integer": st.integers(-(10**12), 10**12),
    "number": st.floats(allow_nan=False) | st.integers(),
    "boolean": st.booleans(),
    "null": st.none(),
}


def drawn_from(schema, definitions=None):
    """A strategy for values of a schema; one in about ten members is anything at all."""
    definitions = schema.get("$defs", {}) if definitions is None else definitions
    if "$ref" in schema:
        return drawn_from(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "const" in schema:
        return st.just(schema["const"]) | TEXTS
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | TEXTS
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return st.one_of(*(drawn_from(each, definitions) for each in schema[key]))
    kinds = schema.get("type", ["object"] if "properties" in schema else [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not kinds:
        return ANYTHING
    return st.one_of(*(_of_kind(each, schema, definitions) for each in kinds))


def _of_kind(kind, schema, definitions):
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind == "array":
        items = schema.get("items", {})
        return st.lists(
            _or_anything(drawn_from(items, definitions) if isinstance(items, dict) else ANYTHING), max_size=3
        )
    members = {name: _or_anything(drawn_from(each, definitions)) for name, each in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    return st.builds(
        _merged,
        st.fixed_dictionaries(
            {name: each for name, each in members.items() if name in required},
            optional={name: each for name, each in members.items() if name not in required},
        ),
        st.dictionaries(NAMES, ANYTHING, max_size=1),
    )


def _or_anything(strategy):
    return st.integers(0, 9).flatmap(lambda number: ANYTHING if number == 0 else strategy)


def _merged(members, others):
    return {**others, **members}
