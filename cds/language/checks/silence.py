"""Silences: findings of a lint that may stand, each at one place of a file, with the reason that an author gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cds.language.node import Fields, Items, Node, Text, fields, items, text
from cds.language.report import Report, did_you_mean
from cds.values.diagnostic import Diagnostic, Severity

SILENCEABLE = (
    *("history", "maybe-empty", "phase-unknown", "review-due", "summary-length", "text-names-a-code"),
    *("unreachable-bound", "unseen-value"),
    *("unused-evidence", "unused-fact", "unused-override", "unused-parameter", "unused-retrieve"),
    *("unused-suggestion", "unused-valueset", "unused-word"),
)
"""The lints that warn. What is an error is never silenced, and neither is a silence that is not needed."""

Place = tuple[str, int, int]
"""File, line and column."""


@dataclass(frozen=True)
class Silence:
    """One entry of ``silences:``.

    Attributes:
        lint: the id of the lint.
        place: the way to the finding from the top of the file, such as ``cases.2.headline``; lists count from 1.
        because: why it may stand.
    """

    lint: Text
    place: str
    because: str

    @property
    def key(self) -> tuple[str, str, str]:
        """File, lint and place."""
        return self.lint.at.file, self.lint.value, self.place


@dataclass(frozen=True)
class SortedOut:
    """Diagnostics that stand; those that are silenced, each with its reason; and the silences that were needed."""

    standing: tuple[Diagnostic, ...]
    silenced: tuple[Diagnostic, ...]
    needed: frozenset[Silence]


def read_silences(roots: Iterable[Fields], report: Report) -> tuple[Silence, ...]:
    """The silences of parsed files; one without a reason, or for a lint that cannot be silenced, is an error."""
    found = []
    for root in roots:
        for node in items(root.get("silences")):
            body = fields(node)
            lint, because = body.get("lint"), body.get("because")
            if not isinstance(lint, Text) or because is None:
                continue
            if lint.value not in SILENCEABLE:
                report.error(
                    "unknown-lint",
                    lint.at,
                    f"no lint that warns is called {lint.value}",
                    "Only a warning can be silenced; an error stops the start.",
                    did_you_mean(lint.value, SILENCEABLE),
                )
                continue
            if not text(because).strip():
                report.error(
                    "no-reason",
                    because.at,
                    f"{lint.value} is silenced, and nobody says why",
                    "Whoever reads the rule later could not tell whether it still holds.",
                    "Write because: and the reason.",
                )
            found.append(Silence(lint, text(body.get("at")), text(because)))
    return tuple(found)


def sort_out(found: Iterable[Diagnostic], silences: Iterable[Silence], roots: Iterable[Fields]) -> SortedOut:
    """Part what stands from what is silenced.

    Args:
        found: everything that was found.
        silences: those of the files.
        roots: the parsed files.
    """
    here = {each.key: each for each in silences}
    ways = _places(here.values(), roots)
    standing, silenced, needed = [], [], set()
    for each in found:
        keys = [(each.at.file, each.id, way) for way in ways.get(_place(each), ())]
        silence = next((here[key] for key in keys if key in here), None)
        if silence is None or each.severity is Severity.ERROR:
            standing.append(each)
        else:
            needed.add(silence)
            silenced.append(replace(each, silenced=silence.because))
    return SortedOut(tuple(standing), tuple(dict.fromkeys(silenced)), frozenset(needed))


def report_unused(silences: Iterable[Silence], sorted_out: SortedOut, roots: Iterable[Fields], report: Report) -> None:
    """Report each silence that silences nothing, with the places at which its lint did find something in the file."""
    unused = [each for each in silences if each not in sorted_out.needed]
    ways = _places(unused, roots)
    for silence in unused:
        elsewhere = [
            way
            for each in sorted_out.standing
            if (each.at.file, each.id) == silence.key[:2]
            for way in ways.get(_place(each), ())
        ]
        report.warning(
            "unused-silence",
            silence.lint.at,
            f"there is no {silence.lint.value} at {silence.place} under any profile",
            "It would hide the next one there, which nobody has looked at.",
            f"It is at {', and at '.join(dict.fromkeys(elsewhere))}." if elsewhere else "Remove the silence.",
        )


def _place(found: Diagnostic) -> Place:
    return found.at.file, found.at.line, found.at.column


def _places(silences: Iterable[Silence], roots: Iterable[Fields]) -> dict[Place, tuple[str, ...]]:
    """The ways to each place of the files that have silences."""
    files = {each.lint.at.file for each in silences}
    found: dict[Place, tuple[str, ...]] = {}
    for root in roots:
        if root.at.file in files:
            for way, at in _ways(root, ""):
                found[at] = (*found.get(at, ()), way)
    return found


def _ways(node: Node, way: str) -> Iterator[tuple[str, Place]]:
    """Each place of a file with the way to it; a mapping begins where its first key stands, so a place may have two."""
    if way:
        yield way, (node.at.file, node.at.line, node.at.column)
    before = f"{way}." if way else ""
    match node:
        case Fields():
            for key, value in node:
                yield before + key.value, (key.at.file, key.at.line, key.at.column)
                yield from _ways(value, before + key.value)
        case Items():
            for number, item in enumerate(node, 1):
                yield from _ways(item, f"{before}{number}")
        case Text():
            return
