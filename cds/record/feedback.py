"""A CDS Hooks feedback body to values (CDS Hooks 2.0, *Feedback*; checklist F-1 to F-15).

A batch is taken whole or not at all: one malformed item refuses it, and every problem is named with its JSON path.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from cds.errors import RequestError
from cds.record.moments import read_moment

ACCEPTED, OVERRIDDEN = "accepted", "overridden"
MOST_ITEMS = 1000
MOST_SUGGESTIONS = 100
_MOST_TOLD = 20
# No space: a sentence in place of an id might hold anything.
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
# Epic uses the plural for the same object (F-14, V-20).
_REASONS = ("overrideReason", "overrideReasons")
_LONGEST_CODE, _LONGEST_SYSTEM = 128, 512


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """What became of one card.

    Attributes:
        at: when, as stored.
        suggestions: uuids of the suggestions that were taken; none where it was overridden.
        reason_code: of the reason that was picked; empty where none was.
        has_comment: whether there was free text. The text itself is never kept: it may name a patient (F-13).
    """

    card: str
    outcome: str
    at: str
    suggestions: tuple[str, ...] = ()
    reason_system: str = ""
    reason_code: str = ""
    has_comment: bool = False


def read_feedback(body: bytes) -> tuple[FeedbackItem, ...]:
    """Read a body. Members that are not named by the specification are ignored; null is as good as absent.

    Raises:
        RequestError: 400; ``path`` is that of the first problem, and ``what`` names them all, free of what was sent.
    """
    given = _items(body)
    problems: list[tuple[str, str]] = []
    read = [_item(each, f"feedback[{number}]", problems) for number, each in enumerate(given)]
    if problems:
        told = [f"{path}: {what}" for path, what in problems[:_MOST_TOLD]]
        if len(problems) > _MOST_TOLD:
            told.append(f"and {len(problems) - _MOST_TOLD} more.")
        raise RequestError(400, problems[0][0], f"Nothing of this batch was kept. {' '.join(told)}")
    return tuple(read)


def _items(body: bytes) -> list[Any]:
    try:
        members = orjson.loads(body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError:
        raise RequestError(400, "", "The body is not valid JSON in UTF-8.", "structure") from None
    if not isinstance(members, dict):
        raise RequestError(400, "", "The body is not a JSON object with a member feedback.", "structure")
    items = members.get("feedback")
    if items is None:
        raise RequestError(400, "feedback", "feedback is missing: an array with an item for each card.", "required")
    if not isinstance(items, list):
        raise RequestError(400, "feedback", "feedback is not an array.", "structure")
    if len(items) > MOST_ITEMS:
        raise RequestError(
            400, "feedback", f"feedback has more than {MOST_ITEMS} items. Send it in several calls.", "too-long"
        )
    return items


def _item(given: object, path: str, problems: list[tuple[str, str]]) -> FeedbackItem:
    """One item; what is wrong with it is added to the problems."""
    if not isinstance(given, dict):
        problems.append((path, "it is not an object."))
        return FeedbackItem("", "", "")
    card = read_id(given.get("card"))
    if not card:
        problems.append((f"{path}.card", "the uuid of a card is wanted."))
    outcome = given.get("outcome")
    if outcome not in (ACCEPTED, OVERRIDDEN):
        problems.append((f"{path}.outcome", f"{ACCEPTED} or {OVERRIDDEN} is wanted."))
    at = read_moment(given.get("outcomeTimestamp"))
    if not at:
        problems.append((f"{path}.outcomeTimestamp", "a time as in RFC 3339 is wanted, such as 2026-11-24T09:30:00Z."))
    if outcome == ACCEPTED:
        return FeedbackItem(card, ACCEPTED, at, _suggestions(given, path, problems))
    if outcome == OVERRIDDEN:
        system, code, has_comment = _reason(given, path, problems)
        return FeedbackItem(card, OVERRIDDEN, at, (), system, code, has_comment)
    return FeedbackItem(card, "", at)


def read_id(given: object) -> str:
    """An id as it is stored, a UUID in the form that this service gives out; empty when it is no id."""
    if not isinstance(given, str) or _ID.fullmatch(given) is None:
        return ""
    try:
        return str(UUID(given))
    except ValueError:
        return given


def _suggestions(given: Mapping[str, Any], path: str, problems: list[tuple[str, str]]) -> tuple[str, ...]:
    taken = given.get("acceptedSuggestions")
    path = f"{path}.acceptedSuggestions"
    if not isinstance(taken, list) or not 0 < len(taken) <= MOST_SUGGESTIONS:
        problems.append((path, f"1 to {MOST_SUGGESTIONS} objects with the id of a suggestion are wanted."))
        return ()
    ids = [read_id(each.get("id")) if isinstance(each, dict) else "" for each in taken]
    problems.extend(
        (f"{path}[{number}].id", "the uuid of a suggestion is wanted.") for number, id in enumerate(ids) if not id
    )
    return tuple(dict.fromkeys(ids))


def _reason(given: Mapping[str, Any], path: str, problems: list[tuple[str, str]]) -> tuple[str, str, bool]:
    """System and code of the reason, and whether there was a comment. A client need not say why."""
    name = next((each for each in _REASONS if given.get(each) is not None), "")
    if not name:
        return "", "", False
    why = given[name]
    if not isinstance(why, dict):
        problems.append((f"{path}.{name}", "an object is wanted."))
        return "", "", False
    has_comment = bool(why.get("userComment"))
    coding = why.get("reason")
    if coding is None:
        return "", "", has_comment
    path = f"{path}.{name}.reason"
    if not isinstance(coding, dict):
        problems.append((path, "an object with code and system is wanted."))
        return "", "", has_comment
    code = _plain(coding.get("code"), _LONGEST_CODE)
    if not code:
        problems.append((f"{path}.code", f"a code of at most {_LONGEST_CODE} characters is wanted."))
    # The specification wants a system; the public sandbox sends none for a reason that came without.
    system = _plain(coding.get("system"), _LONGEST_SYSTEM)
    if not system and coding.get("system") not in (None, ""):
        problems.append((f"{path}.system", f"a code system of at most {_LONGEST_SYSTEM} characters is wanted."))
    return system, code, has_comment


def _plain(given: object, longest: int) -> str:
    """Text that is fit for a database and a terminal; empty when it is not."""
    fit = isinstance(given, str) and len(given) <= longest and given.isprintable()
    return given.strip() if isinstance(given, str) and fit else ""
