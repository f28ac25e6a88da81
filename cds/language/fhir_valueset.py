"""A value set in FHIR's form (a ValueSet of R4 in JSON) as the nodes of a value set in the project's own form.

What is made of it has the positions of the JSON file, so that every later step reports against it. An expansion counts
where there is one, else the concepts that ``compose`` lists. Nothing is expanded here: a filter, another value set or
a whole code system is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cds.language.node import Fields, Items, Node, Text, fields, items, text
from cds.language.report import Report, did_you_mean
from cds.language.terminology import System
from cds.values.diagnostic import Position

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
_REVIEWS = ("lastReviewDate", "approvalDate")
"""Elements of R5, and extensions of R4 under ``resource-…``: the first that is there is the day of the review."""

_INCOMPLETE = frozenset({f"{_EXTENSION}valueset-unclosed", f"{_EXTENSION}valueset-toocostly"})
"""Extensions by which a terminology server says that an expansion lacks codes."""

_EXPAND = "Expand it first with a terminology server ($expand), and save what it answers in this file."


def is_fhir_value_set(path: str) -> bool:
    """Whether a content file is a value set in FHIR's form, by its place and its ending."""
    folder, _, name = path.rpartition("/")
    return folder == "rules/valuesets" and name.endswith(".json")


def value_set_from_fhir(root: Fields, name: str, systems: Mapping[str, System], report: Report) -> Fields | None:
    """The value set of one file.

    Args:
        root: the ValueSet, its structure checked.
        name: the file's name without its ending, which is the name of the value set.
        systems: code systems, which are found by their URL here.
        report: takes every problem found.

    Returns:
        A mapping like that of a YAML file; None when an error leaves nothing to go on with.
    """
    if not _NAME.match(name):
        what = f"{name} cannot be the name of a value set"
        report.error(
            "file-name", root.at, what, remedy="Small letters, digits and hyphens, such as birth-control.json."
        )
        return None
    found = _Reader(systems, report)
    head = _head(root, name, report)
    if "expansion" in root:
        found.expansion(fields(root.get("expansion")))
    elif "compose" in root:
        found.compose(fields(root.get("compose")))
    else:
        report.error("missing-key", root.at, "the file lacks compose and expansion", remedy="A value set needs codes.")
    if found.incomplete:
        return None
    return _mapping(root.at, **head, codes=Items(root.at, tuple(found.codes)), exclude=Items(root.at, tuple(found.out)))


def _head(root: Fields, name: str, report: Report) -> dict[str, Node]:
    """The keys beside the codes; what the project asks of every value set and FHIR does not is reported."""
    title = root.get("title") or root.get("name")
    said = [text(root.get(key)) for key in ("publisher", "url", "copyright") if text(root.get(key))]
    reviewed = _review(root)
    for node, lacks in (
        (title, "title and name"),
        (said, "publisher, url and copyright"),
        (reviewed, f"{_REVIEWS[0]} and the extension {_EXTENSION}resource-{_REVIEWS[0]}"),
    ):
        if not node:
            report.error(
                "missing-key",
                root.at,
                f"the file lacks {lacks}",
                "A value set says what it means, where its codes were seen, and when they were last looked at.",
                "One of them is enough.",
            )
    return {
        "valueset": Text(root.at, name),
        "title": title or Text(root.at, name),
        "source": Text(root.at, "; ".join(said)),
        **({"reviewed": reviewed} if reviewed else {}),
    }


def _review(root: Fields) -> Node | None:
    extensions = {text(each.get("url")): each.get("valueDate") for each in map(fields, items(root.get("extension")))}
    for key in _REVIEWS:
        found = root.get(key) or extensions.get(f"{_EXTENSION}resource-{key}")
        if found is not None:
            return found
    return None


class _Reader:
    """Collects the lines of one value set: ``codes`` that are in it, and ``out`` that its author left out."""

    def __init__(self, systems: Mapping[str, System], report: Report) -> None:
        self.systems = systems
        self.report = report
        self.codes: list[Fields] = []
        self.out: list[Fields] = []
        self.incomplete = False

    # --------------------------------------------------------------- expansion

    def expansion(self, body: Fields) -> None:
        """All entries, nested ones too; a nested list may show the same code in several places."""
        entries = list(_entries(body.get("contains")))
        nested = len(entries) > len(items(body.get("contains")))
        self.check_complete(body, len(entries))
        seen: set[str] = set()
        for entry in entries:
            code = entry.get("code")
            if text(entry.get("abstract")) == "true" or ("contains" in entry and code is None):
                continue  # a heading, which nobody can record
            line = self.line(entry, entry.get("system"), entry.at)
            if line is not None and not (nested and text(line.get("code")) in seen):
                seen.add(text(line.get("code")))
                self.codes.append(line)

    def check_complete(self, body: Fields, count: int) -> None:
        total, offset = body.get("total"), body.get("offset")
        marks = [each for each in map(fields, items(body.get("extension"))) if text(each.get("url")) in _INCOMPLETE]
        if isinstance(total, Text) and float(total.value) > count:
            self.partial(total.at, f"the expansion has {count} of {total.value} codes")
        elif isinstance(offset, Text) and float(offset.value) > 0:
            self.partial(offset.at, f"the expansion starts at code {offset.value}")
        for each in marks:
            if text(each.get("valueBoolean")) == "true":
                self.partial(each.at, "the terminology server says that the expansion is incomplete")

    def partial(self, at: Position, what: str) -> None:
        self.incomplete = True
        meaning = "Codes that it lacks would not be found in any record."
        self.report.error("partial-expansion", at, what, meaning, "Save all pages of the expansion as one.")

    # ----------------------------------------------------------------- compose

    def compose(self, body: Fields) -> None:
        """What is included without what is excluded, as FHIR defines it; a code in both is a doubtful list."""
        included = [line for each in items(body.get("include")) for line in self.listed(fields(each))]
        self.out = [line for each in items(body.get("exclude")) for line in self.listed(fields(each), left_out=True)]
        left_out = {text(line.get("code")) for line in self.out}
        both = {text(line.get("code")) for line in included} & left_out
        for line in self.out:
            if text(line.get("code")) in both:
                self.report.warning(
                    "overlapping-exclusion",
                    line.at,
                    f"{text(line.get('code'))} is both included and excluded",
                    "FHIR takes it out; a reader of the list of codes would think that it is in.",
                    "Keep it in one of the two.",
                )
        self.codes = [line for line in included if text(line.get("code")) not in left_out]
        if included and not self.codes:
            self.incomplete = True
            self.report.error("structure", body.at, "compose excludes every code", remedy="A value set needs codes.")

    def listed(self, body: Fields, left_out: bool = False) -> Iterator[Fields]:
        for key, what in (("valueSet", "another value set"), ("filter", "a filter")):
            if key in body.keys:
                self.not_expanded(body.keys[key].at, what)
        if not {"concept", "valueSet", "filter"} & body.keys.keys():
            self.not_expanded(body.at, "a whole code system")
        for node in items(body.get("concept")):
            line = self.line(fields(node), body.get("system"), body.at, left_out)
            if line is not None:
                yield line

    def not_expanded(self, at: Position, what: str) -> None:
        self.incomplete = True
        self.report.error(
            "not-expanded",
            at,
            f"compose names {what}, and there is no expansion",
            "Which codes are meant is known to a terminology server only; they would not be found in any record.",
            _EXPAND,
        )

    # -------------------------------------------------------------------- codes

    def line(self, entry: Fields, system: Node | None, holder: Position, left_out: bool = False) -> Fields | None:
        """A concept as a line of the project's form; None when it cannot be read, which was reported then."""
        code, display = entry.get("code"), entry.get("display")
        wanted = {"system": system, "code": code, **({} if left_out else {"display": display})}
        for key, node in wanted.items():
            if not text(node):
                self.report.error(
                    "missing-key",
                    holder if key == "system" else entry.at,
                    f"a code lacks {key}",
                    remedy="A code counts only with its system, and is read by people by its display.",
                )
                return None
        if not isinstance(code, Text) or not isinstance(system, Text) or (name := self.named(system, code)) is None:
            return None
        written = Text(code.at, f"{name} {code.value}")
        if left_out:
            reason = display or Text(code.at, "")
            return _mapping(code.at, code=written, because=reason)
        return _mapping(entry.at, code=written, display=display or Text(code.at, ""))

    def named(self, system: Text, code: Text) -> str | None:
        """The short name of a code system; where several share a URL, by how their codes begin."""
        among = [each for each in self.systems.values() if system.value in (each.url, *each.also)]
        if not among:
            known = [each.url for each in self.systems.values()]
            self.report.error(
                "unknown-system",
                system.at,
                f"no code system has the URL {system.value}",
                "A code without its system would never be found.",
                did_you_mean(system.value, known) + " Systems stand in rules/systems.yaml.",
            )
            return None
        fitting = [each for each in among if code.value.startswith(each.begins)]
        return max(fitting or among, key=lambda each: len(each.begins)).name


def _entries(node: Node | None) -> Iterator[Fields]:
    for each in map(fields, items(node)):
        yield each
        yield from _entries(each.get("contains"))


def _mapping(at: Position, **values: Node) -> Fields:
    return Fields(at, {key: Text(node.at, key) for key, node in values.items()}, values)
