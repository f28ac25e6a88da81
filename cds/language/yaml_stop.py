"""Where the parser of YAML stopped, and the text around that place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cds.language.yaml_scan import Scan, Span
from cds.values.diagnostic import Position

QUOTE_IT = "Put quotes around the whole text."
SHOWN = 40


class Stop:
    """Where the parser stopped (``at_index``), and where what it was reading then starts (``from_index``).

    Args:
        file: its name as shown in messages.
        words: the text.
        problem: the parser's complaint, with its marks.
        most: how deeply a file may be nested.
    """

    def __init__(self, file: str, words: str, problem: Any, most: int) -> None:
        self.file = file
        self.words = words.replace("\r\n", "\n").replace("\r", "\n")
        self.scan = Scan(self.words)
        self.most = most
        self.said = f"{problem.context or ''}, {problem.problem or ''}"
        self.at_index = self._index(problem.problem_mark)
        self.from_index = self._index(problem.context_mark) if problem.context_mark is not None else self.at_index
        self.sign = self.words[self.at_index : self.at_index + 1]

    def _index(self, mark: Any) -> int:
        return self.scan.index(mark.line, mark.column) if mark is not None else 0

    def at(self, index: int) -> Position:
        """The position of an index; the end of the last line for the empty one behind it."""
        line, column = self.scan.place(min(index, len(self.words.rstrip())))
        return Position(self.file, line, column)

    def begin(self) -> int:
        """Where the line starts on which the parser stopped."""
        return self.at_index - len(self.scan.before(self.at_index))

    def ended_before(self, spans: Sequence[Span]) -> Span | None:
        """The span that ends where the parser stopped, but for blanks."""
        end = len(self.words[: self.at_index].rstrip(" \t"))
        return next((each for each in reversed(spans) if each.end == end), None)

    def on_another_line(self, span: Span) -> bool:
        """Whether a span ends on a line above."""
        return "\n" in self.words[span.end : self.at_index]

    def never_closed(self, index: int) -> bool:
        """Whether the bracket at an index is still open where the file ends."""
        return any(each.start == index and each.end < 0 for each in self.scan.brackets)

    def lines_apart(self) -> bool:
        """Whether what the parser was reading starts on a line above."""
        return "\n" in self.words[self.from_index : self.at_index]


def short(line: str) -> str:
    """The start of a line, as messages show it."""
    return repr(line if len(line) <= SHOWN else f"{line[:SHOWN]}…")
