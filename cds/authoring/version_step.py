"""Versions of three numbers, and how far one is from another: patch, minor or major."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

Version = tuple[int, int, int]


class Step(IntEnum):
    """How much changed, or how far a version went on; a larger one is more."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """As it is printed."""
        return self.name.lower()


@dataclass(frozen=True)
class Change:
    """One thing that changed.

    Attributes:
        step: what it asks for.
        what: in words.
    """

    step: Step
    what: str


@dataclass(frozen=True)
class TooSmall:
    """A declared version that says less than what changed.

    Attributes:
        subject: the rule, or the pack, whose version it is.
        old, new: the versions as declared.
        needed: what the changes ask for.
        sufficient: the smallest version that says it.
    """

    subject: str
    old: str
    new: str
    needed: Step
    sufficient: str


def read_version(said: str) -> Version:
    """The numbers of ``1.4.0``; what is missing counts as 0, and so does what is no number."""
    parts = [int(each) if each.isdecimal() else 0 for each in said.split(".")[:3]]
    major, minor, patch = (*parts, 0, 0, 0)[:3]
    return major, minor, patch


def next_version(said: str, step: Step) -> str:
    """The smallest version after another that is so much more."""
    major, minor, patch = read_version(said)
    match step:
        case Step.MAJOR:
            return f"{major + 1}.0.0"
        case Step.MINOR:
            return f"{major}.{minor + 1}.0"
        case Step.PATCH:
            return f"{major}.{minor}.{patch + 1}"
        case _:
            return said


def too_small(subject: str, old: str, new: str, changes: tuple[Change, ...]) -> TooSmall | None:
    """Whether a declared version says less than what changed, or went back; None when it says enough."""
    needed = max((each.step for each in changes), default=Step.NONE)
    sufficient = next_version(old, needed)
    if read_version(new) >= read_version(sufficient):
        return None
    return TooSmall(subject, old, new, needed, sufficient)
