"""Finds for each comment and each blank line the entry above, below or behind which it stands."""

from __future__ import annotations

from cds.authoring.fmt_tree import BLANK, Beside, Branch, Builder, Comment, Document, Entry, Leaf


def read_document(words: str) -> Document:
    """Read a file that the strict reader has accepted, and whose root is a mapping.

    Args:
        words: the text, with line feeds only.
    """
    builder = Builder(words)
    root = builder.document()
    document = Document(root, [])
    _Placer(document, builder).place()
    return document


def comments(words: str) -> tuple[str, ...]:
    """The words of all comments, in their order; those behind the sign of a block text come last."""
    builder = Builder(words)
    builder.document()
    return (*(each.words for each in builder.remarks() if each.words), *builder.behind_signs)


class _Placer:
    """Gives each comment and each blank line to the entry, or to the end of the branch, where it stands."""

    def __init__(self, document: Document, builder: Builder) -> None:
        self.document = document
        self.entries = builder.entries
        self.branch_of = builder.branch_of
        self.remarks = tuple(builder.remarks())
        self.blanks = 0
        self.run: tuple[Entry | None, Branch | None] = (None, None)

    def place(self) -> None:
        following = 0
        for each in self.remarks:
            while following < len(self.entries) and self.entries[following].start < each.start:
                following += 1
            last = self.entries[following - 1] if following else None
            after = self.entries[following] if following < len(self.entries) else None
            if not each.words:
                self.give_blank(after, each)
            elif each.own_line or last is None:
                self.own_line(each, last, after)
            else:
                self.trailing(each, last)

    def give_blank(self, after: Entry | None, blank: Comment) -> None:
        """A blank line goes above the next entry, where a comment that comes before it takes it along."""
        if after is not None and not self.inside_flow(blank, after):
            self.home(after).append(BLANK)
        elif after is None and self.entries:
            self.document.root.tail.append(BLANK)

    def inside_flow(self, each: Comment, after: Entry) -> bool:
        return self.branch_of[id(after)].flow and self.branch_of[id(after)].start < each.start

    def home(self, entry: Entry) -> list[str]:
        return self.document.header if entry is self.entries[0] else entry.before

    def trailing(self, each: Comment, last: Entry) -> None:
        comment = Beside(each.words, each.gap, each.column)
        entry = last
        while (branch := self.branch_of[id(entry)]).flow and branch.end <= each.start:
            if branch.owner is None:
                branch.tail.append(each.words)
                return
            entry = branch.owner
        value = entry.value
        opens = isinstance(value, Branch) and not (value.flow and value.end <= each.start)
        if opens and entry.head is None:
            entry.head = comment
        elif entry.beside is None and not opens:
            entry.beside = comment
        else:
            entry.before.append(each.words)

    def own_line(self, each: Comment, last: Entry | None, after: Entry | None) -> None:
        if last is None:
            self.document.header.append(each.words)
            return
        flow = self.open_flow(each, last)
        if flow is not None:
            inside = after is not None and self.branch_of[id(after)] is flow
            (after.before if after is not None and inside else flow.tail).append(each.words)
            return
        if (isinstance(last.value, Leaf) or last.value.flow) and last.value.start > each.start:
            self.home(last).append(each.words)
            return
        self.below(each, last, after)

    def open_flow(self, each: Comment, last: Entry) -> Branch | None:
        """The innermost brace or bracket that is open at a comment."""
        found: Branch | None = last.value if isinstance(last.value, Branch) else self.branch_of[id(last)]
        while found is not None:
            if found.flow and found.start < each.start < found.end:
                return found
            owner = found.owner
            found = self.branch_of[id(owner)] if owner is not None else None
        return None

    def below(self, each: Comment, last: Entry, after: Entry | None) -> None:
        """Below ``last``: above the next entry, or at the end of a branch that the comment is indented like."""
        entry, chosen = self.run
        if entry is not after or chosen is None:
            ended = self.ended(last, after)
        elif chosen is self.branch_of.get(id(after)):
            ended = []
        else:
            every = self.ended(last, after)
            ended = every[every.index(chosen) :] if chosen in every else []
        deeper = after is None or each.column > after.column
        if not (deeper and ended):
            self.run = (after, self.branch_of[id(after)] if after is not None else self.document.root)
            (self.home(after) if after is not None else self.document.root.tail).append(each.words)
            return
        branch = next((one for one in ended if one.column <= each.column), ended[-1])
        self.run = (after, branch)
        if after is not None and after.before and after.before[-1] == BLANK:
            branch.tail.append(after.before.pop())
        branch.tail.append(each.words)

    def ended(self, last: Entry, after: Entry | None) -> list[Branch]:
        """The block branches that end between two entries, the innermost first."""
        stop = self.branch_of[id(after)] if after is not None else None
        found: list[Branch] = []
        branch: Branch | None = self.branch_of[id(last)]
        if isinstance(last.value, Branch) and last.value is stop:
            return []
        while branch is not None and branch is not stop:
            if not branch.flow:
                found.append(branch)
            branch = self.branch_of[id(branch.owner)] if branch.owner is not None else None
        return found
