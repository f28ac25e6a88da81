"""Finds the content (rules, hooks, demo fixtures) on disk and reads it: the edge where content enters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cds.errors import StartError

_PACKAGE = Path(__file__).resolve().parent
_SUFFIXES = (".yaml", ".json")


@dataclass(frozen=True)
class ContentRoot:
    """Where content was found; ``how`` says which of the places it is, for the line that a start prints."""

    path: Path
    how: str


def find_content(rules: tuple[Path, ...] = ()) -> ContentRoot:
    """The folder that holds ``rules/`` and ``hooks/``: inside the installed package, else the checkout.

    Args:
        rules: folders given by ``--rules``; they are read on top and need not be complete.

    Raises:
        StartError: when neither place holds content, or a folder given does not exist.
    """
    for folder in rules:
        if not folder.is_dir():
            raise StartError(f"--rules {folder}: there is no such folder")
    for path, how in ((_PACKAGE / "_content", "installed package"), (_PACKAGE.parent, "checkout")):
        if (path / "rules").is_dir() and (path / "hooks").is_dir():
            return ContentRoot(path, how)
    raise StartError("no rules and hooks were found beside the program; reinstall it, or run it from a checkout")


def read_content(root: ContentRoot, rules: tuple[Path, ...] = ()) -> dict[str, bytes]:
    """All content files by relative path.

    A pack in a later ``--rules`` folder replaces a pack of the same folder name whole; a value set, a schema or a
    words file there replaces the file of the same name, and a value set also the one of that name in the other form.
    """
    files = {**_read(root.path, "rules"), **_read(root.path, "hooks")}
    for folder in rules:
        added = _read(folder.parent, folder.name)
        added = {f"rules/{name.split('/', 1)[1]}": content for name, content in added.items()}
        replaced = {name.removesuffix("pack.yaml") for name in added if name.endswith("/pack.yaml")}
        files = {name: body for name, body in files.items() if not any(name.startswith(each) for each in replaced)}
        kept = {_value_set(name) for name in added} - {""}
        files = {name: body for name, body in files.items() if _value_set(name) not in kept}
        files.update(added)
    return files


def _value_set(name: str) -> str:
    """The name of a value set by its file, whose ending tells the form; empty for other files."""
    path = PurePosixPath(name)
    return path.stem if path.parent.as_posix() == "rules/valuesets" else ""


def _read(base: Path, folder: str) -> dict[str, bytes]:
    paths = (path for path in (base / folder).rglob("*") if path.is_file() and path.suffix in _SUFFIXES)
    return {path.relative_to(base).as_posix(): path.read_bytes() for path in sorted(paths)}


Fingerprint = tuple[tuple[str, int, int, int], ...]
"""Name, time of change, size and identity of each file."""


def fingerprint(root: ContentRoot, rules: tuple[Path, ...] = (), files: tuple[Path, ...] = ()) -> Fingerprint:
    """The state of all content files, and of others that count; another one when any of them changed.

    Args:
        root: where content was found.
        rules: folders given by ``--rules``.
        files: single files, such as a site file. One that is not there counts as that.
    """
    folders = (root.path / "rules", root.path / "hooks", *rules)
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in _SUFFIXES]
    return tuple(_state(path) for path in (*paths, *files))


def _state(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino


def read_version(folder: Path) -> dict[str, bytes]:
    """All content files of another version: of a checkout, or of its folder ``rules/``.

    Hooks that do not lie beside the rules are those of this program.

    Raises:
        StartError: when there is no pack in it.
    """
    rules = folder / "rules" if (folder / "rules").is_dir() else folder
    if not any(rules.glob("*/pack.yaml")):
        raise StartError(f"{folder}: there is no pack in it; name a folder rules/, or a checkout that has one")
    found = {f"rules/{name.split('/', 1)[1]}": body for name, body in _read(rules.parent, rules.name).items()}
    hooks = rules.parent if (rules.parent / "hooks").is_dir() else find_content().path
    return {**found, **_read(hooks, "hooks")}
