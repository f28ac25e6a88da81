"""Two versions of a pack side by side: what changed in each rule and in the pack, and how much each change is.

The words of these steps are explained in ``rules/guide/versions.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds.authoring.version_reach import Written, case_logic, reach
from cds.authoring.version_step import Change, Step
from cds.language.literals import read_quantity

_NOT_BEHAVIOUR = frozenset({"version", "history"})
_PACK_TEXTS = frozenset({"title", "services", "evidence", "topics", "attributes", "rules"})
_PROFILE_RULES = frozenset({"parameters", "rules", "evidence"})


def rule_changes(old: Written, new: Written, rule: str) -> tuple[Change, ...]:
    """What changed in a rule that both versions have, with everything that it rests on."""
    before, after = (
        {key: value for key, value in each.rules[rule].items() if key not in _NOT_BEHAVIOUR} for each in (old, new)
    )
    found = [
        *_findings(before, after),
        *_phases(before, after),
        *_mode(before, after),
        *_reached(old, new, rule),
    ]
    if not found and before != after:
        cases = [[case_logic(each) for each in side.get("cases", ())] for side in (before, after)]
        if cases[0] != cases[1]:
            found.append(Change(Step.MINOR, "cases changed"))
        else:
            found.append(Change(Step.PATCH, "texts changed"))
    return tuple(found)


def pack_changes(old: Written, new: Written) -> tuple[Change, ...]:
    """What changed in a pack beside its single rules."""
    found = [Change(Step.MAJOR, f"rule {name} is gone") for name in old.rules if name not in new.rules]
    found += [Change(Step.MINOR, f"rule {name} is new") for name in new.rules if name not in old.rules]
    found += [*_hooks(old.pack, new.pack), *_shows(old.pack, new.pack), *_groups(old.groups, new.groups)]
    found += _parameters(old.parameters, new.parameters)
    found += _profiles(old.profiles, new.profiles)
    for section, before in old.definitions.items():
        after = new.definitions.get(section, {})
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        found += [Change(Step.MINOR, f"{section}: {name} changed") for name in changed]
    done = {"version", "hooks", "shows", "drugs"}
    for key in sorted((old.pack.keys() | new.pack.keys()) - done):
        if old.pack.get(key) != new.pack.get(key):
            step = Step.PATCH if key in _PACK_TEXTS else Step.MINOR
            found.append(Change(step, f"pack.yaml: {key} changed"))
    return tuple(found)


# ------------------------------------------------------------------------ a rule


def _findings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = _indicators(before), _indicators(after)
    for name in was:
        if name not in now:
            yield Change(Step.MAJOR, f"finding {name} is gone")
            continue
        for lost in sorted(was[name] - now[name]):
            others = ", ".join(sorted(now[name]))
            yield Change(Step.MAJOR, f"{name} is no longer {lost}, it is {others}")
        for more in sorted(now[name] - was[name]):
            yield Change(Step.MINOR, f"{name} can be {more}")
    yield from (Change(Step.MINOR, f"finding {name} is new") for name in now if name not in was)
    logic = [sorted(map(str, map(case_logic, side.get("cases", ())))) for side in (before, after)]
    if was == now and logic[0] != logic[1]:
        yield Change(Step.MINOR, "the conditions of cases, or what goes with a finding, changed")


def _indicators(rule: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for case in rule.get("cases", ()):
        if "finding" in case:
            said = case.get("indicator", "")
            word = f"as parameter {said['profile']} says" if isinstance(said, dict) else str(said)
            found.setdefault(str(case["finding"]), set()).add(word)
    return found


def _phases(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = (_listed(each.get("applies", {}).get("phase", ())) for each in (before, after))
    yield from (Change(Step.MAJOR, f"it no longer applies in phase {each}") for each in sorted(was - now))
    yield from (Change(Step.MINOR, f"it applies in phase {each}") for each in sorted(now - was))


def _mode(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = before.get("status"), after.get("status")
    if was != now:
        step = Step.MAJOR if was == "active" else Step.MINOR
        yield Change(step, f"its status was {was}, and is {now}")
    if before.get("safety_critical") != after.get("safety_critical"):
        step = Step.MINOR if after.get("safety_critical") == "yes" else Step.MAJOR
        yield Change(
            step, f"safety_critical was {before.get('safety_critical')}, and is {after.get('safety_critical')}"
        )
    if before.get("enabled") != after.get("enabled"):
        yield Change(Step.MAJOR, "whether profiles must enable it changed")


def _reached(old: Written, new: Written, rule: str) -> Iterator[Change]:
    was, now = reach(old, rule), reach(new, rule)
    for group in sorted(now.groups - was.groups):
        optional = str(new.groups[group].get("optional", "no")) == "yes"
        step = Step.MINOR if optional else Step.MAJOR
        yield Change(step, f"it needs {group}" + (" where a client offers it" if optional else ""))
    yield from (Change(Step.MINOR, f"it no longer needs {group}") for group in sorted(was.groups - now.groups))
    yield from _parameters(was.parameters, now.parameters)
    for section in sorted(was.logic.keys() | now.logic.keys()):
        before, after = was.logic.get(section, {}), now.logic.get(section, {})
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        yield from (Change(Step.MINOR, f"{section}: {name} changed") for name in changed)


def _parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            step = Step.MAJOR if now is None else Step.MINOR
            yield Change(step, f"parameter {name} is {'gone' if now is None else 'new'}")
            continue
        if was.get("default") != now.get("default"):
            yield Change(Step.MINOR, f"parameter {name} was {was.get('default')}, and is {now.get('default')}")
        bounds = [key for key in ("min", "max", "one_of") if was.get(key) != now.get(key)]
        for key in bounds:
            step = Step.MAJOR if _narrower(key, was.get(key), now.get(key)) else Step.MINOR
            yield Change(step, f"parameter {name}: {key} was {was.get(key)}, and is {now.get(key)}")


def _narrower(key: str, was: Any, now: Any) -> bool:
    """Whether a value that a site may have set is no longer allowed; what cannot be compared may be."""
    if key == "one_of":
        return bool(_listed(was) - _listed(now))
    first, second = (read_quantity(str(each)) for each in (was, now))
    if first is not None and second is not None and first.unit == second.unit:
        return second.value > first.value if key == "min" else second.value < first.value
    if isinstance(was, int | float) and isinstance(now, int | float):
        return now > was if key == "min" else now < was
    return True


# ------------------------------------------------------------------------ the pack


def _hooks(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = _listed(before.get("hooks", ())), _listed(after.get("hooks", ()))
    yield from (Change(Step.MAJOR, f"hook {each} is no longer answered") for each in sorted(was - now))
    yield from (Change(Step.MINOR, f"hook {each} is answered") for each in sorted(now - was))


def _shows(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    was, now = (_shown(each.get("shows", {})) for each in (before, after))
    yield from (Change(Step.MAJOR, f"no longer shown: {each}") for each in sorted(was - now))
    yield from (Change(Step.MINOR, f"shown: {each}") for each in sorted(now - was))


def _shown(shows: Mapping[str, Any]) -> set[str]:
    return {
        f"{what} in phase {phase} on {hook}"
        for hook, phases in shows.items()
        for phase, listed in phases.items()
        for what in _listed(listed)
    }


def _groups(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        optional = now is None or str(now.get("optional", "no")) == "yes"
        was_needed = was is not None and str(was.get("optional", "no")) != "yes"
        if was != now:
            step = Step.MINOR if optional or was_needed else Step.MAJOR
            said = "is gone" if now is None else "is needed" if step is Step.MAJOR else "changed"
            yield Change(step, f"data group {name} {said}")


def _profiles(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            step = Step.MAJOR if now is None else Step.MINOR
            yield Change(step, f"profile {name} is {'gone' if now is None else 'new'}")
            continue
        lost = _listed(was.get("enables", ())) - _listed(now.get("enables", ()))
        yield from (Change(Step.MAJOR, f"profile {name} no longer enables {each}") for each in sorted(lost))
        if was.get("status") != now.get("status"):
            step = Step.MAJOR if was.get("status") == "active" else Step.MINOR
            yield Change(step, f"profile {name} was {was.get('status')}, and is {now.get('status')}")
        for key in sorted((was.keys() | now.keys()) - {"status"}):
            if was.get(key) != now.get(key):
                step = Step.MINOR if key in _PROFILE_RULES or key == "enables" else Step.PATCH
                yield Change(step, f"profile {name}: {key} changed")


def _listed(said: Any) -> set[str]:
    return {str(each) for each in said} if isinstance(said, list | tuple) else {str(said)}
