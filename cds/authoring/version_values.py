"""Where a value that was set anew, and nothing else, can be why a rule says something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cds.authoring.version_reach import Reach, Written, case_logic, pack_reach, reach

_DECIDING = ("status", "enabled", "applies")
"""Keys of a rule that decide, beside its cases and what they reach."""


def set_anew(old: Written, new: Written, rule: str, profiles: Iterable[str]) -> frozenset[str]:
    """The profiles under which values of a rule are others while everything else that decides is the same.

    What a patient loses there is meant by whoever set the value, within bounds that were reviewed. Where the logic
    changed as well, nobody can tell which of both took the finding, so that no value excuses it.

    Args:
        old, new: the pack, in both of which the rule is.
        rule: its name.
        profiles: under which patients were asked, each in both.
    """
    if _logic(old, rule) != _logic(new, rule):
        return frozenset()
    return frozenset(each for each in profiles if _values(old, rule, each) != _values(new, rule, each))


def _logic(pack: Written, rule: str) -> tuple[Any, ...]:
    """What decides, without the values of parameters."""
    root, found, whole = pack.rules[rule], reach(pack, rule), pack_reach(pack)
    return (
        {key: root.get(key) for key in _DECIDING},
        [case_logic(each) for each in root.get("cases", ())],
        *(each.logic for each in (found, whole)),
        *(sorted(each.parameters) for each in (found, whole)),
        {each: pack.groups[each] for each in sorted(found.groups | whole.groups)},
        pack.pack.get("trigger"),
    )


def _values(pack: Written, rule: str, profile: str) -> Mapping[str, Any]:
    """The value of each parameter under a profile: set for the rule, else for the pack, else by default."""
    root = pack.profiles[profile]
    own = pack.rules[rule].get("parameters", {})
    found: dict[str, Any] = {}
    for each in (pack_reach(pack), reach(pack, rule)):
        found |= _defaults(each)
    shared = {name: value for name, value in root.get("parameters", {}).items() if name in found and name not in own}
    return found | shared | dict(root.get("rules", {}).get(rule, {}))


def _defaults(found: Reach) -> dict[str, Any]:
    return {name: body.get("default") for name, body in found.parameters.items()}
