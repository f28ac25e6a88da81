"""What the loopback FHIR server holds, and how it is read and searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cds.chart.when import clinical_date
from cds.values.dates import Coarse, Day

_UTC = ZoneInfo("UTC")
_OFFSET = "_offset"
_TOKENS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "medicationCodeableConcept", "medication", "vaccineCode"),
    "specialty": ("specialty",),
    "category": ("category",),
    "topic": ("topic",),
    "type": ("type",),
}


class Undone(Exception):  # noqa: N818 - it becomes a FHIR answer
    """A request that the server answers with an OperationOutcome."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code


class Store:
    """Resources of several Bundles; references by full URL become ``Type/id``, as a server would have stored them."""

    def __init__(self, charts: Iterable[Mapping[str, Any]]) -> None:
        self.resources: dict[str, dict[str, dict[str, Any]]] = {}
        for chart in charts:
            entries = [each for each in chart.get("entry", ()) if isinstance(each.get("resource"), Mapping)]
            names = {
                each["fullUrl"]: f"{each['resource']['resourceType']}/{each['resource'].get('id', '')}"
                for each in entries
                if "fullUrl" in each
            }
            for each in entries:
                self.add(_renamed(each["resource"], names))

    def add(self, resource: Mapping[str, Any]) -> None:
        """Store a resource; one with the same type and id is replaced, one without an id gets one."""
        kind = self.resources.setdefault(resource["resourceType"], {})
        name = str(resource.get("id") or f"generated-{len(kind) + 1}")
        kind[name] = {**resource, "id": name}

    def capabilities(self) -> Mapping[str, Any]:
        """A CapabilityStatement, in which clients look for the version."""
        kinds = [
            {"type": kind, "interaction": [{"code": "read"}, {"code": "search-type"}]}
            for kind in sorted(self.resources)
        ]
        return {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-01-01",
            "kind": "instance",
            "fhirVersion": "4.0.1",
            "format": ["json"],
            "rest": [{"mode": "server", "resource": kinds}],
        }

    def read(self, kind: str, name: str) -> Mapping[str, Any]:
        """One resource.

        Raises:
            Undone: when there is none.
        """
        found = self.resources.get(kind, {}).get(name)
        if found is None:
            raise Undone(404, "not-found", f"no {kind} of this id")
        return found

    def search(
        self,
        kind: str,
        pairs: list[tuple[str, str]],
        *,
        base: str,
        next_base: str | None,
        page_size: int = 0,
        sort: bool = True,
    ) -> Mapping[str, Any]:
        """One page of a searchset.

        Args:
            kind: resource type.
            pairs: search parameters; those that are not known are ignored, as FHIR servers do.
            base: for full URLs.
            next_base: for next links; None for no next links.
            page_size: most matches on a page; 0 for no limit but ``_count``.
            sort: whether ``_sort`` is honoured.

        Raises:
            Undone: when ``_count`` or the page is no number.
        """
        found = [
            each
            for each in self.resources.get(kind, {}).values()
            if all(_fits(each, name, value) for name, value in pairs)
        ]
        asked = dict(pairs)
        if sort and asked.get("_sort"):
            found.sort(key=lambda each: _sort_day(each, kind), reverse=asked["_sort"].startswith("-"))
        start = _number(asked.get(_OFFSET, "0"))
        size = min((n for n in (page_size, _number(asked.get("_count", "0"))) if n), default=len(found) or 1)
        links = [{"relation": "self", "url": f"{base}/{kind}?{urlencode(pairs)}"}]
        if next_base is not None and start + size < len(found):
            following = [pair for pair in pairs if pair[0] != _OFFSET] + [(_OFFSET, str(start + size))]
            links.append({"relation": "next", "url": f"{next_base}/{kind}?{urlencode(following)}"})
        page = found[start : start + size]
        return {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "link": links,
            "entry": [
                {"fullUrl": f"{base}/{kind}/{each['id']}", "resource": each, "search": {"mode": "match"}}
                for each in page
            ],
        }


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: names.get(inner, inner) if key == "reference" and isinstance(inner, str) else _renamed(inner, names)
            for key, inner in value.items()
        }
    return [_renamed(each, names) for each in value] if isinstance(value, list) else value


def _fits(resource: Mapping[str, Any], name: str, value: str) -> bool:
    """Whether a resource meets one search parameter; commas mean or."""
    options = value.split(",")
    match name:
        case "_id":
            return resource.get("id") in options
        case "patient" | "subject" | "practitioner" | "encounter":
            held = set(_references(resource, name))
            return any(option in held or option.rpartition("/")[2] in held for option in options)
        case "status":
            return resource.get("status") in options
        case _ if name in _TOKENS:
            codes = [code for element in _TOKENS[name] for code in _codings(resource.get(element))]
            return any(_is_coded(option, codes) for option in options)
        case _:
            return True


def _references(resource: Mapping[str, Any], name: str) -> Iterator[str]:
    """The bare ids that a resource refers to under a search parameter."""
    elements = ("subject", "patient") if name in ("patient", "subject") else (name,)
    holders = [resource.get(element) for element in elements]
    if name == "patient" and isinstance(resource.get("participant"), list):
        holders += [each.get("actor") for each in resource["participant"] if isinstance(each, Mapping)]
    for holder in holders:
        if isinstance(holder, Mapping) and isinstance(holder.get("reference"), str):
            yield holder["reference"].rpartition("/")[2]


def _codings(value: object) -> Iterator[tuple[str, str]]:
    for concept in value if isinstance(value, list) else [value]:
        if isinstance(concept, Mapping):
            for coding in concept.get("coding") or ():
                yield str(coding.get("system", "")), str(coding.get("code", ""))


def _is_coded(option: str, codes: list[tuple[str, str]]) -> bool:
    system, bar, code = option.rpartition("|")
    return any((not bar or held[0] == system) and (not code or held[1] == code) for held in codes)


def _sort_day(resource: Mapping[str, Any], kind: str) -> date:
    match clinical_date(resource, kind, _UTC):
        case Day(day):
            return day
        case Coarse(earliest, _):
            return earliest
        case _:
            return date.min


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise Undone(400, "invalid", "not a number")
    return int(text)
