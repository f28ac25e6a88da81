"""``isotretinoin-cds fmt``: lay files out canonically, or say which are not, without changing what they mean."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from cds.authoring.diagnostics_text import render_text
from cds.authoring.fmt_format import Formatted, format_file
from cds.content import find_content, read_content
from cds.errors import StartError

DONE, FOUND, COULD_NOT_RUN = 0, 1, 2
STDIN = "-"


def run_fmt(args: argparse.Namespace) -> int:
    """Lay out files as the command line asks.

    Returns:
        0 done, or nothing to do; 1 when a file is broken, or differs under ``--check``; 2 when it could not run.
    """
    rules = tuple(Path(each) for each in args.rules)
    try:
        root = find_content(rules)
        files = read_content(root, rules)
        if [str(path) for path in args.paths] == [STDIN]:
            return _stdin(format_file(args.name or "stdin", sys.stdin.buffer.read(), files))
        paths = chosen(args.paths or [root.path / "rules", *rules])
        formatted = [(path, format_file(_shown(path), path.read_bytes(), files)) for path in paths]
    except (StartError, OSError) as problem:
        print(f"fmt: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    return _report(formatted, write=not (args.check or args.diff), check=args.check, diff=args.diff)


def chosen(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The YAML files that paths name, each once; a folder stands for all in it.

    Raises:
        StartError: when there is nothing at a path, or it is a file that is no YAML.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(each for each in sorted(path.rglob("*.yaml")) if each.is_file()))
        elif not path.is_file():
            raise StartError(f"{path}: there is no such file or folder")
        elif path.suffix not in (".yaml", ".yml"):
            raise StartError(f"{path}: only YAML files have a layout; FHIR value sets in JSON are kept as they come")
        else:
            found[path] = None
    return tuple(found)


def _stdin(formatted: Formatted) -> int:
    """Print the layout of what came in; a broken file comes back as it was, so that an editor loses nothing."""
    sys.stdout.buffer.write(formatted.layout)
    sys.stdout.flush()
    if formatted.found:
        print(render_text(formatted.found), file=sys.stderr)
    return FOUND if formatted.found else DONE


def _report(formatted: Sequence[tuple[Path, Formatted]], *, write: bool, check: bool, diff: bool) -> int:
    broken = [each for path, each in formatted if each.found]
    different = [(path, each) for path, each in formatted if each.differs]
    for each in broken:
        print(render_text(each.found), file=sys.stderr)
    for path, each in different:
        if write:
            replace(path, each.layout)
        if diff:
            sys.stdout.write(_difference(path, each))
        else:
            print(f"{_shown(path)}{'' if write else ': not in the canonical layout'}")
    untouched = f"; {len(broken)} with findings left as they are" if broken else ""
    done = "to lay out" if not write else "laid out"
    print(f"{len(different)} of {len(formatted)} files {done}{untouched}", file=sys.stderr)
    return FOUND if broken or (check and different) else DONE


def replace(path: Path, content: bytes) -> None:
    """Put a file in place of another in one step: whoever reads meanwhile reads the old one or the new one whole."""
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(path.stat().st_mode & 0o7777)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _difference(path: Path, each: Formatted) -> str:
    before, after = (part.decode("utf-8-sig").splitlines(keepends=True) for part in (each.source, each.layout))
    lines = difflib.unified_diff(before, after, _shown(path), f"{_shown(path)} (laid out)")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _shown(path: Path) -> str:
    """A path as messages show it: from the current folder where it lies in it."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
