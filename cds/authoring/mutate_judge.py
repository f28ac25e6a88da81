"""Which survivors are findings: those that no list beside the rules names, and entries of the lists that name none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cds.authoring.mutate_change import Change
from cds.authoring.mutate_try import Fate, Tried
from cds.authoring.test_file import Declared
from cds.authoring.test_suite import PackTests
from cds.language.report import did_you_mean
from cds.values.diagnostic import Position


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed, with the smallest test that would, as far as it can be told."""

    tried: Tried
    hint: tuple[str, ...]


@dataclass(frozen=True)
class Stale:
    """An entry of a list that is no longer true."""

    at: Position
    names: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """What became of the changes of a pack.

    Attributes:
        known: how many changes there are, tried or not.
        listed: owner → change → why it may survive.
    """

    pack: str
    known: int
    tried: tuple[Tried, ...]
    survivors: tuple[Survivor, ...]
    listed: Mapping[str, Mapping[str, str]]
    stale: tuple[Stale, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is left to do."""
        return not self.survivors and not self.stale


def judged(
    pack: PackTests,
    known: Sequence[Change],
    tried: Sequence[Tried],
    hint: Callable[[Change], tuple[str, ...]],
) -> Verdict:
    """Judge the changes that were tried.

    Args:
        pack: with the lists beside its rules.
        known: every change of the pack.
        tried: those that were tried.
        hint: the smallest test that would notice a change.
    """
    lists = {**{tests.rule: tests.survivors for tests in pack.rules}, pack.name: pack.survivors}
    listed = {owner: {each.names: each.because for each in several} for owner, several in lists.items()}
    survived = [each for each in tried if each.fate is Fate.SURVIVED]
    survivors = [Survivor(each, hint(each.change)) for each in survived if not _is_listed(each.change, listed)]
    fates = {(each.change.owner, each.change.id): each for each in tried}
    names = {owner: [each.id for each in known if each.owner == owner] for owner in lists}
    stale = [
        Stale(each.at, each.names, why)
        for owner, several in lists.items()
        for each in several
        if (why := _stale(each, names[owner], fates.get((owner, each.names))))
    ]
    return Verdict(pack.name, len(known), tuple(tried), tuple(survivors), listed, tuple(stale))


def _is_listed(change: Change, listed: Mapping[str, Mapping[str, str]]) -> bool:
    return change.id in listed.get(change.owner, {})


def _stale(entry: Declared, names: Sequence[str], tried: Tried | None) -> str:
    if entry.names not in names:
        advice = did_you_mean(entry.names, names)
        return f"there is no such change{'. ' + advice if advice else ''}"
    if tried is None or tried.fate is Fate.SURVIVED:
        return ""
    return f"it no longer survives: {tried.fate.value}, {tried.by}. Remove the entry."
