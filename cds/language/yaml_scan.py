"""Where quotes and brackets open and close in a text that is meant to be YAML, however broken it is.

The parser ends at the first place where it cannot go on, which is often far behind a quote that was never closed. This
reading never ends early: a quote that would swallow the lines below counts as not closed, and the next line is looked
at afresh.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTED = {"'": re.compile(r"'(?:[^']++|'')*+'"), '"': re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)}
_PLAIN = re.compile(r".(?:[^\n:#]++|:(?!\s|\Z)|(?<!\s)#)*+")
_PLAIN_IN_FLOW = re.compile(r".(?:[^\n:#,\[\]{}]++|:(?![\s,\[\]{}]|\Z)|(?<!\s)#)*+")
_BLOCK = re.compile(r"[|>][+-]?[1-9]?[+-]?[ \t]*+(?:#.*+)?(?:\n|\Z)")
_CLOSES = {"[": "]", "{": "}"}


@dataclass(frozen=True)
class Span:
    """A quoted text, or a list or mapping in brackets.

    Attributes:
        sign: the quote or bracket that opens it.
        start: index of that sign.
        end: index behind what closes it; -1 when nothing does.
    """

    sign: str
    start: int
    end: int


class Scan:
    """One reading of a text.

    Args:
        words: the text, with line feeds only.
    """

    def __init__(self, words: str) -> None:
        self.words = words
        self.starts = [0, *(found.end() for found in re.finditer("\n", words))]
        self.quotes: list[Span] = []
        self.brackets: list[Span] = []
        self.deepest = (0, 0)
        """The largest number of brackets open at once, and the index of the one that made it so many."""
        self._read()

    # ------------------------------------------------------------------ places

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of an index, from 1."""
        line = bisect_right(self.starts, index)
        return line, index - self.starts[line - 1] + 1

    def index(self, line: int, column: int) -> int:
        """The index of a place that the parser told, which counts from 0; the end of the text for one behind it."""
        if line >= len(self.starts):
            return len(self.words)
        return min(self.starts[line] + column, len(self.words))

    def line(self, index: int) -> str:
        """The line on which an index stands."""
        start = self.starts[bisect_right(self.starts, index) - 1]
        return self.words[start : self._line_end(start)]

    def indent(self, index: int) -> int:
        """How many blanks stand at the start of the line of an index."""
        line = self.line(index)
        return len(line) - len(line.lstrip(" "))

    def before(self, index: int) -> str:
        """What stands on the line ahead of an index."""
        return self.words[self.starts[bisect_right(self.starts, index) - 1] : index]

    def above(self, index: int) -> Iterator[int]:
        """Indices of the first character of each line above, the nearest first; without blank lines and comments."""
        for number in range(bisect_right(self.starts, index) - 2, -1, -1):
            start = self.starts[number]
            line = self.words[start : self._line_end(start)]
            if line.strip() and not line.lstrip().startswith("#"):
                yield start + len(line) - len(line.lstrip())

    def swallows(self, start: int, end: int) -> bool:
        """Whether a text runs over a line that is indented no deeper than the one on which it starts."""
        indent = self.indent(start)
        first = bisect_right(self.starts, start)
        for begin in self.starts[first : bisect_right(self.starts, end - 1)]:
            line = self.words[begin : self._line_end(begin)]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                return True
        return False

    # ----------------------------------------------------------------- reading

    def _read(self) -> None:
        words, at = self.words, 0
        open_: list[int] = []
        while at < len(words):
            sign = words[at]
            if sign.isspace():
                at += 1
            elif sign == "#" and (at == 0 or words[at - 1].isspace()):
                at = self._line_end(at)
            elif sign in _QUOTED:
                at = self._quoted(at)
            elif sign in _CLOSES:
                open_.append(len(self.brackets))
                self.brackets.append(Span(sign, at, -1))
                self.deepest = max(self.deepest, (len(open_), at), key=lambda each: each[0])
                at += 1
            elif open_ and sign in "]}":
                number = open_.pop()
                opened = self.brackets[number]
                self.brackets[number] = Span(opened.sign, opened.start, at + 1)
                at += 1
            elif (sign in "-?:" and (at + 1 == len(words) or words[at + 1].isspace())) or (open_ and sign in ",:"):
                at += 1
            else:
                at = self._plain(at, in_flow=bool(open_))

    def _quoted(self, at: int) -> int:
        found = _QUOTED[self.words[at]].match(self.words, at)
        if found is None or self.swallows(at, found.end()):
            self.quotes.append(Span(self.words[at], at, -1))
            return self._line_end(at)
        self.quotes.append(Span(self.words[at], at, found.end()))
        return found.end()

    def _plain(self, at: int, *, in_flow: bool) -> int:
        block = _BLOCK.match(self.words, at) if not in_flow else None
        if block is not None:
            return self._block_end(block.end())
        found = (_PLAIN_IN_FLOW if in_flow else _PLAIN).match(self.words, at)
        return found.end() if found is not None else at + 1

    def _block_end(self, at: int) -> int:
        """The end of a block of text, whose lines are indented at least as deep as its first one."""
        least, header = -1, self.indent(at - 1)
        while at < len(self.words):
            end = self._line_end(at)
            line = self.words[at:end]
            indent = len(line) - len(line.lstrip(" "))
            if line.strip():
                if least < 0 and indent <= header:
                    return at
                least = indent if least < 0 else least
                if indent < least:
                    return at
            at = end + 1
        return len(self.words)

    def _line_end(self, at: int) -> int:
        end = self.words.find("\n", at)
        return len(self.words) if end < 0 else end
