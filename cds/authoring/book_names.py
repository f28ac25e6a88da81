"""Words for the names of the content, and for the values and conditions that stand beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cds.values.known import UNKNOWN

_UNITS = {"{count}": "", "{ratio}": " times", "{score}": " points", "a": " years"}


@dataclass(frozen=True)
class Names:
    """What the names of one rule are called in its pages.

    Attributes:
        facts: name of a fact → its title.
        records: name of a retrieve → what its resources are called, no two alike.
        values: name of a parameter → its value in force.
        lists: name of a value set → its title.
        groups: name of a data group → its title.
    """

    facts: Mapping[str, str]
    records: Mapping[str, str]
    values: Mapping[str, str]
    lists: Mapping[str, str]
    groups: Mapping[str, str]

    def fact(self, name: Any) -> str:
        """A fact."""
        return self.facts.get(str(name)) or spaced(name)

    def record(self, names: Any) -> str:
        """A record that one of these retrieves finds."""
        return f"a record of {either(f'“{self.records.get(each) or spaced(each)}”' for each in listed(names))}"

    def coded(self, names: Any) -> str:
        """One of these value sets."""
        return either(f"“{self.lists.get(each) or spaced(each)}”" for each in listed(names))

    def group(self, name: Any) -> str:
        """A data group."""
        return self.groups.get(str(name)) or spaced(name)

    def value(self, said: Any) -> str:
        """A value as it is written; of a parameter its value, and its name behind it."""
        name = str(said)
        if name in self.values:
            return f"{measured(self.values[name])} ({spaced(name)})"
        return measured(name)

    def decided(self, said: Any) -> str:
        """A yes or no: nothing where it is written, the parameter that decides it where one does."""
        return f" (where {spaced(said)} is yes; here {self.values[str(said)]})" if str(said) in self.values else ""

    def is_yes(self, said: Any) -> bool:
        """Whether a key is switched on, or a parameter may switch it on."""
        return str(said) == "yes" or str(said) in self.values

    def condition(self, said: Any) -> str:
        """A condition: the name of a fact, which is to be yes, or states of several."""
        if not isinstance(said, Mapping):
            return f"{self.fact(said)} is yes"
        return " and ".join(
            f"{self.fact(name)} is {either(map(spaced, listed(states)))}" for name, states in said.items()
        )

    def any(self, name: str) -> str:
        """Whatever is called so."""
        if name in self.values:
            return self.value(name)
        return self.facts.get(name) or self.records.get(name) or spaced(name)


def listed(said: Any) -> tuple[str, ...]:
    """A list, or a single text, as texts."""
    return tuple(map(str, said)) if isinstance(said, list | tuple) else (str(said),)


def spaced(name: Any) -> str:
    """A name as words."""
    return str(name).replace("_", " ")


def either(words: Iterable[str]) -> str:
    """One of several, in a sentence."""
    return joined(tuple(words), "or")


def joined(words: tuple[str, ...], last: str) -> str:
    """Several, in a sentence, with a word before the last one."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def measured(value: str) -> str:
    """A quantity with its unit in words where the unit has a sign that only counts, or that nobody reads as years."""
    number, blank, unit = value.partition(" ")
    return f"{number}{_UNITS[unit]}" if blank and unit in _UNITS else value


def states(domain: Iterable[str], *, ever_unknown: bool) -> str:
    """The states of a fact, unknown last where it can be that, in a sentence."""
    return either(spaced(each) for each in (*domain, *([UNKNOWN] if ever_unknown else [])))
