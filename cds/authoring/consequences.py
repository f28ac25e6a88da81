"""Leaves out what only follows from another mistake, so that an author is not sent to places where nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from cds.values.diagnostic import Diagnostic

_UNREAD = frozenset(
    {
        *("alias", "anchor", "empty-file", "encoding", "file-too-large", "key", "merge-key", "several-documents"),
        *("bracket", "control-character", "indentation", "needs-quotes", "no-blank", "no-colon", "quote", "tab"),
        *("tag", "too-deep", "unknown-unit", "yaml", "json", "not-expanded", "partial-expansion"),
        *("form", "missing-key", "no-file", "no-value", "not-an-option", "structure", "unknown-key"),
    }
)
"""What makes a file be left out, when it is found while the file is read."""

_UNNAMED = frozenset({"kind", "circle", "setting"})
"""Beside ``unknown-…``: what leaves a fact, a retrieve or a parameter undefined."""

_DERIVED = frozenset({"either", "group-codes", "no-course", "no-quantity", "no-unit", "per-weight"})
"""What an undefined name leads to further on."""

_LEADS_TO = {
    "no-names": frozenset({"unknown-drug"}),
    "no-quantity": frozenset({"either"}),
    "no-unit": frozenset({"no-quantity", "either"}),
    "per-weight": frozenset({"either"}),
    "not-an-option": frozenset({"indicator"}),
    "unknown-group": frozenset({"unknown-retrieve"}),
}
"""What else one mistake leads to."""

_HEADS = frozenset({"pack.yaml", "data.yaml"})


def causes(read: Sequence[Diagnostic], found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics without those that only follow from others.

    Args:
        read: what was found while files were read.
        found: everything, that included.
    """
    first = frozenset(read)
    unread = {each.at.file for each in read if each.id in _UNREAD}
    kept = [each for each in found if each in first or not _follows_from_unread(each, unread)]
    later = {id for each in kept for id in _LEADS_TO.get(each.id, ())}
    if any(_unresolved(each) for each in kept):
        later |= _DERIVED
    return tuple(each for each in kept if each in first or each.id not in later)


def _follows_from_unread(found: Diagnostic, unread: set[str]) -> bool:
    """Whether what is named may stand in a file that could not be read."""
    if not (_unresolved(found) or found.id in _DERIVED):
        return False
    rules = {PurePosixPath(file).stem for file in unread if _is_rule(file)}
    if len(rules) < len(unread):
        return True
    return bool(rules) and (found.id == "unknown-finding" or found.what.split()[-1] in rules)


def _unresolved(found: Diagnostic) -> bool:
    return found.id in _UNNAMED or (found.id.startswith("unknown-") and found.id != "unknown-key")


def _is_rule(file: str) -> bool:
    path = PurePosixPath(file)
    return len(path.parts) == 3 and path.parts[1] not in ("valuesets", "schema") and path.name not in _HEADS
