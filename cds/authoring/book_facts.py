"""Each fact kind in plain English: the table of its sentences."""

from __future__ import annotations

from collections.abc import Mapping

from cds.authoring.book_frames_data import OF_DATA
from cds.authoring.book_frames_logic import OF_OTHER_FACTS
from cds.authoring.book_names import Names
from cds.authoring.book_written import Body, FactWords, Frame, WrittenFact
from cds.language.fact import Fact

FRAMES: Mapping[str, Frame] = {**OF_DATA, **OF_OTHER_FACTS}
"""A sentence for every kind; a test compares this table with that of the kinds."""


def fact_words(fact: Fact, body: Body, names: Names) -> FactWords:
    """A fact in words, generated from its definition.

    Args:
        fact: compiled.
        body: its definition as plain data.
        names: words for the names in it.
    """
    return FRAMES[fact.kind](WrittenFact(fact, body, names))
