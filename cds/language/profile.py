"""Reads a profile: a jurisdiction's values, wording and sources."""

from __future__ import annotations

from cds.language.doubt import read_doubts
from cds.language.literals import read_day
from cds.language.node import Fields, fields, items, text
from cds.language.parameters import Layer
from cds.language.plan import Profile


def read_profile(root: Fields) -> Profile:
    """The profile of one file, without its parameter values, which are read where each parameter is declared."""
    effective = fields(root.get("effective"))
    return Profile(
        name=text(root.get("profile")),
        title=text(root.get("title")),
        status=text(root.get("status")),
        effective_from=read_day(text(effective.get("from"))),
        effective_to=read_day(text(effective.get("to"))),
        words={key.value: text(node) for key, node in fields(root.get("words"))},
        links=tuple(
            (text(fields(node).get("label")), text(fields(node).get("url"))) for node in items(root.get("links"))
        ),
        doubtful=read_doubts(root),
    )


def profile_layer(root: Fields) -> Layer:
    """The parameter values of a profile."""
    rules = {key.value: fields(node) for key, node in fields(root.get("rules"))}
    return Layer(f"profile {text(root.get('profile'))}", fields(root.get("parameters")), rules)
