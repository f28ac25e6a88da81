"""One answer of a FHIR server or one prefetch member: a Bundle, a bare resource, or a loose array of resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds.values.known import Reason

_REMARKS = frozenset({"information", "warning", "success"})
_INCOMPLETE = frozenset({"incomplete", "timeout"})


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer holds, still raw.

    Attributes:
        matches: what the search found, in order; whatever is no resource at all is kept, to be counted as broken.
        came_along: full URL and resource of everything in the answer, matches and includes.
        next: URL of the next page as it was given; empty when it cannot be read; None when there is none.
        total: how many matches there are on all pages, as far as the answer says so; else 0.
        incomplete: whether an outcome beside the matches says that some are missing.
    """

    matches: tuple[object, ...] = ()
    came_along: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    next: str | None = None
    total: int = 0
    incomplete: bool = False


EMPTY = Page()


def are_partial(pages: Sequence[Page]) -> bool:
    """Whether successive pages leave matches out: a next link was not followed, the total is larger, or they say so."""
    if pages[-1].next is not None or any(page.incomplete for page in pages):
        return True
    return max(page.total for page in pages) > sum(len(page.matches) for page in pages)


def read_page(body: object) -> Page | Reason:
    """Take an answer apart; a reason when nothing can be had from it.

    Args:
        body: parsed JSON, any.
    """
    if isinstance(body, list):
        return _page({}, [{"resource": each} for each in body]) if body else Reason.UNUSABLE_VALUE
    if not isinstance(body, dict):
        return Reason.UNUSABLE_VALUE
    match body.get("resourceType"):
        case "Bundle":
            entries = _several(body.get("entry"))
            return Reason.UNUSABLE_VALUE if entries is None else _page(body, entries)
        case "OperationOutcome":
            return Reason.FETCH_FAILED
        case str():
            return Page((body,), (("", body),))
        case _:
            return Reason.UNUSABLE_VALUE


def _page(bundle: Mapping[str, Any], entries: Iterable[object]) -> Page | Reason:
    matches: list[object] = []
    came_along: list[tuple[str, Mapping[str, Any]]] = []
    failed = incomplete = False
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(resource, dict):
            matches.append(resource)
            continue
        mode = _mode(entry)
        if resource.get("resourceType") == "OperationOutcome" or mode == "outcome":
            failed = failed or _has_failed(resource)
            incomplete = incomplete or _is_incomplete(resource)
            continue
        url = entry.get("fullUrl")
        came_along.append((url if isinstance(url, str) else "", resource))
        if mode != "include":
            matches.append(resource)
    if failed and not matches:
        return Reason.FETCH_FAILED
    return Page(tuple(matches), tuple(came_along), _next(bundle), _total(bundle), failed or incomplete)


def _mode(entry: Mapping[str, Any]) -> object:
    search = entry.get("search")
    return search.get("mode") if isinstance(search, dict) else None


def _issues(outcome: Mapping[str, Any]) -> list[object]:
    return _several(outcome.get("issue")) or []


def _has_failed(outcome: Mapping[str, Any]) -> bool:
    """Whether an outcome is more than a remark; one that does not say how grave it is counts as a failure."""
    issues = _issues(outcome)
    return not issues or not all(
        isinstance(issue, dict) and isinstance(issue.get("severity"), str) and issue.get("severity") in _REMARKS
        for issue in issues
    )


def _is_incomplete(outcome: Mapping[str, Any]) -> bool:
    """Whether a remark says, by FHIR's issue types, that not all sources could be reached in time."""
    return any(
        isinstance(issue, dict) and isinstance(issue.get("code"), str) and issue.get("code") in _INCOMPLETE
        for issue in _issues(outcome)
    )


def _next(bundle: Mapping[str, Any]) -> str | None:
    """URL of the next page; empty when there is a next page that cannot be read; None when there is none."""
    for link in _several(bundle.get("link")) or ():
        if isinstance(link, dict) and link.get("relation") == "next":
            url = link.get("url")
            return url if isinstance(url, str) else ""
    return None


def _total(bundle: Mapping[str, Any]) -> int:
    total = bundle.get("total")
    return total if isinstance(total, int) and not isinstance(total, bool) else 0


def _several(value: object) -> list[object] | None:
    """The members of what should be an array: a single object counts as one, null as none; None for a scalar."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else None
