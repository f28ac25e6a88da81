"""What a site, or one of its clients, decided: profiles, values of parameters and modes of rules, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cds.language.node import NONE, Fields, Text, fields, text
from cds.language.parameters import Layer
from cds.language.report import Report


@dataclass(frozen=True)
class RuleSetting:
    """What a site or a client decided about one rule.

    Attributes:
        name: of the rule with its pack, ``pack/rule``.
        mode: ``off``, ``shadow`` or ``show``; empty when it decided nothing about that.
    """

    name: Text
    mode: str
    because: str
    parameters: Fields


@dataclass(frozen=True)
class Decided:
    """What a site, or one of its clients, sets in place of rules and profile.

    Attributes:
        by: ``site NAME`` or ``client NAME``, said wherever such a value is explained.
        shared: pack → values of parameters that its rules share.
        rules: by ``pack/rule``.
    """

    by: str
    shared: Mapping[str, Fields] = field(default_factory=dict)
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)

    def layer(self, pack: str) -> Layer:
        """Its parameter values for a pack."""
        own = {
            name.partition("/")[2]: each.parameters for name, each in self.rules.items() if name.startswith(f"{pack}/")
        }
        return Layer(self.by, self.shared.get(pack, NONE), own)

    @property
    def changes_values(self) -> bool:
        """Whether it sets any parameter, so that packs are compiled anew for it."""
        return any(each.values for each in self.shared.values()) or any(
            each.parameters.values for each in self.rules.values()
        )


@dataclass(frozen=True)
class Chosen:
    """The profile of a pack, and who reviewed it, where it is a draft."""

    profile: Text
    reviewer: str


def read_chosen(packs: Fields) -> dict[str, Chosen]:
    """Pack → the profile that is chosen for it, where one is."""
    return {
        key.value: Chosen(profile, text(fields(node).get("reviewer")))
        for key, node in packs
        if isinstance(profile := fields(node).get("profile"), Text)
    }


def read_decided(by: str, packs: Fields, root: Fields) -> Decided:
    """The settings of ``packs:`` and ``rules:``.

    Args:
        by: whose they are.
        packs: the value of ``packs:``.
        root: what ``rules:`` stands in.
    """
    return Decided(
        by,
        {key.value: fields(fields(node).get("parameters")) for key, node in packs},
        {
            key.value: RuleSetting(
                key, text(body.get("mode")), text(body.get("because")), fields(body.get("parameters"))
            )
            for key, node in fields(root.get("rules"))
            for body in (fields(node),)
        },
    )


def check_reason(packs: Fields, report: Report) -> None:
    """Report packs with changed parameters and no reason."""
    for key, node in packs:
        body = fields(node)
        if "parameters" in body and "because" not in body:
            report.error(
                "no-reason",
                body.keys["parameters"].at,
                f"{key.value} has changed parameters and no reason",
                "Whoever reads an explanation could not tell why a value differs.",
                "Write because: and the decision on which it rests.",
            )
