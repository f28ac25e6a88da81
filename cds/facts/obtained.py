"""Where a result was obtained: by whom, else by its category; words in method or note may speak against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds.language.retrieve import Setting
from cds.wire.medication import codings, words

_PATIENT_LIKE = frozenset({"Patient", "RelatedPerson"})


def in_setting(resource: Mapping[str, Any], setting: Setting) -> bool:
    """Whether a result was obtained where it must be: by whom, else by its category; certain words speak against it."""
    if setting.never_words is not None:
        notes = resource.get("note")
        said = [*words(resource.get("method"))]
        for note in notes if isinstance(notes, list) else []:
            if isinstance(note, Mapping) and isinstance(note.get("text"), str):
                said.append(note["text"])
        if any(setting.never_words.search(text) for text in said):
            return False
    performers = performer_types(resource)
    if performers:
        return not performers & _PATIENT_LIKE and bool(performers & setting.performers)
    categories = resource.get("category")
    several = categories if isinstance(categories, list) else [categories]
    return any(code.code == setting.category for concept in several for code in codings(concept))


def performer_types(resource: Mapping[str, Any]) -> frozenset[str]:
    """The resource types of ``performer``, from each reference or its stated type."""
    performers = resource.get("performer")
    found = set()
    for each in performers if isinstance(performers, list) else [performers]:
        if not isinstance(each, Mapping):
            continue
        stated, reference = each.get("type"), each.get("reference")
        if isinstance(stated, str):
            found.add(stated)
        elif isinstance(reference, str) and "/" in reference:
            found.add(reference.rsplit("/", 2)[-2])
    return frozenset(found)
