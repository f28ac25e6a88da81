"""The records that a rule looks at: each retrieve in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cds.authoring.book_names import either, spaced
from cds.language.group import DataGroup
from cds.language.retrieve import Retrieve


@dataclass(frozen=True)
class RecordRow:
    """A retrieve.

    Attributes:
        name: as the rule book calls it, no two of a rule alike.
        groups: the data in which it looks.
        value_sets: name and title of each value set that says what it is; none where something else does.
        what: what else must hold, in sentences.
        doubtful: what becomes of an entry that cannot be judged.
    """

    name: str
    groups: str
    value_sets: tuple[tuple[str, str], ...]
    what: tuple[str, ...]
    doubtful: str


def record_names(retrieves: Iterable[Retrieve], called: Mapping[str, str]) -> dict[str, str]:
    """What each retrieve is called; where several are called the same, its name tells them apart."""
    names = {each.name: called.get(each.name) or spaced(each.name) for each in retrieves}
    counted = Counter(names.values())
    return {name: said if counted[said] == 1 else f"{said} ({spaced(name)})" for name, said in names.items()}


def record_rows(
    retrieves: Iterable[Retrieve], names: Mapping[str, str], lists: Mapping[str, str], groups: Mapping[str, DataGroup]
) -> Iterator[RecordRow]:
    """The retrieves as rows of a table; ``lists`` are the titles of value sets by name."""
    for each in retrieves:
        coded = each.codes.name.split(" + ") if each.codes is not None else []  # several are read as one
        titles = (groups[name].title if name in groups else spaced(name) for name in each.groups)
        yield RecordRow(
            names.get(each.name, spaced(each.name)),
            either(titles),
            tuple((name, lists.get(name) or spaced(name)) for name in coded),
            tuple(_what(each)),
            "makes the answer unknown" if each.doubtful == "unknown" else "is left out, and named",
        )


def _what(retrieve: Retrieve) -> Iterator[str]:
    if retrieve.drug is not None:
        yield f"Of the drug {retrieve.drug.title}."
    if retrieve.words is not None:
        yield "Or told by words." if retrieve.codes is not None else "Told by words."
    if retrieve.statuses:
        yield f"Status {either(sorted(retrieve.statuses))}."
    if retrieve.readings:
        said = {each.meaning: each.says or spaced(each.meaning) for each in retrieve.readings}
        wanted = [said[name] for name in said if name in retrieve.wanted] or list(said.values())
        yield f"Read as {either(wanted)}."
    if retrieve.value in ("quantity", "score"):
        yield f"With a {retrieve.value} that can be read."
    if retrieve.setting is not None:
        yield f"From {retrieve.setting.category or 'any category'}, by {either(sorted(retrieve.setting.performers))}."
        if retrieve.setting.never_words is not None:
            yield "Never where its words tell of another place."
    if retrieve.unless is not None:
        yield "Never of another form, told by route, form or words."
