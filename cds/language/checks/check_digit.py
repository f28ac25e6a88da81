"""``check-digit``: a code whose check digit is wrong, which is nearly always a slip of the finger."""

from __future__ import annotations

from collections.abc import Iterator

from cds.language.checks.subject import Subject
from cds.language.literals import read_code
from cds.language.node import Fields, Items, Node, Text
from cds.language.report import Report

_MULTIPLY = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_PERMUTE = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def mod10(digits: str) -> int:
    """The check digit of a number by the Luhn algorithm.

    >>> mod10("2571")
    8
    """
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def verhoeff(digits: str) -> bool:
    """Whether a number, its last digit included, passes Verhoeff's check.

    >>> verhoeff("22298006")
    True
    """
    check = 0
    for position, digit in enumerate(reversed(digits)):
        check = int(_MULTIPLY[check][int(_PERMUTE[position % 8][int(digit)])])
    return check == 0


def fits(code: str, method: str) -> bool:
    """Whether a code has the form of its system and the right check digit."""
    if method == "mod10":
        digits, hyphen, last = code.partition("-")
        if not (digits.isascii() and digits.isdigit() and hyphen and len(last) == 1 and last.isdigit()):
            return False
        return mod10(digits) == int(last)
    if method == "verhoeff":
        return code.isascii() and code.isdigit() and verhoeff(code)
    return True


def check(subject: Subject, report: Report) -> None:
    """Report each code of a value set or a suggestion whose check digit is wrong."""
    systems = subject.library.shared.systems
    roots = [root for path, root in subject.roots.items() if path.startswith("rules/valuesets/")]
    for node in _codes((*roots, subject.files.pack)):
        found = read_code(node.value)
        system = systems.get(found[0]) if found is not None else None
        if found is None or system is None or fits(found[1], system.check_digit):
            continue
        report.error(
            "check-digit",
            node.at,
            f"{node.value} is no {system.title} code: its check digit is wrong",
            "Nothing in a record would ever match it, and the rule would look and find nothing.",
            "Compare it with the published code.",
        )


def _codes(nodes: tuple[Node, ...]) -> Iterator[Text]:
    """Every scalar under a key ``code``."""
    for node in nodes:
        if isinstance(node, Items):
            yield from _codes(node.items)
        if isinstance(node, Fields):
            for key, value in node:
                if key.value == "code" and isinstance(value, Text):
                    yield value
                else:
                    yield from _codes((value,))
