"""What ``new`` writes: scaffolds with the names filled in, and one more line in the list of a pack's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from cds.authoring.fmt_comments import read_document
from cds.authoring.fmt_tree import Branch, Leaf
from cds.errors import StartError

SCAFFOLDS = "rules/scaffolds"
_MODELINE = "# yaml-language-server:"


@dataclass(frozen=True)
class Draft:
    """Files to write, by their path under the folder of rules, and files to change."""

    new: Mapping[str, str]
    changed: Mapping[str, str]


def filled(root: Path, scaffold: str, names: Mapping[str, str]) -> str:
    """A scaffold with its names filled in.

    Args:
        root: where content lies.
        scaffold: its path under ``rules/scaffolds``, without ``.txt``.
        names: what stands for each name in it.

    Raises:
        StartError: when the content has no such scaffold.
    """
    path = root / SCAFFOLDS / f"{scaffold}.txt"
    if not path.is_file():
        raise StartError(f"{path} is missing, from which the file is made")
    return Template(path.read_text(encoding="utf-8")).substitute(names)


def with_rule(pack: str, name: str) -> str | None:
    """The text of a ``pack.yaml`` whose list of rules ends with one more; None when the list is of no known form.

    Nothing else in the text changes.
    """
    listed = next(
        (each.value for each in read_document(pack).root.entries if each.key and each.key.value == "rules"), None
    )
    if not isinstance(listed, Branch) or listed.mapping or not listed.entries:
        return None
    last = listed.entries[-1]
    if not isinstance(last.value, Leaf):
        return None
    if listed.flow:
        return f"{pack[: last.value.end]}, {name}{pack[last.value.end :]}"
    end = pack.find("\n", last.value.end)
    end = len(pack) if end < 0 else end
    return f"{pack[:end]}\n{' ' * last.column}- {name}{pack[end:]}"


def without_modelines(draft: Draft) -> Draft:
    """A draft for a folder without schemas beside it, where an editor is told of them in its settings."""
    new = {
        name: words.partition("\n")[2] if words.startswith(_MODELINE) else words for name, words in draft.new.items()
    }
    return Draft(new, draft.changed)


def write(draft: Draft, folder: Path) -> tuple[Path, ...]:
    """Write a draft; never over a file that is there.

    Args:
        draft: what to write.
        folder: the folder of rules.

    Raises:
        StartError: when one of the new files is there already; then nothing was written.
    """
    there = [str(folder / name) for name in draft.new if (folder / name).exists()]
    if there:
        raise StartError(f"{', '.join(there)}: there already; nothing was written")
    written = []
    for name, words in draft.new.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(words)
        written.append(path)
    for name, words in draft.changed.items():
        (folder / name).write_text(words, encoding="utf-8")
    return tuple(written)
