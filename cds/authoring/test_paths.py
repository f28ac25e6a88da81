"""Which content files the paths on a command line name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cds.authoring.test_suite import ENDING
from cds.content import ContentRoot
from cds.errors import StartError


class Named:
    """The files and folders that a command line names; everything when it names none.

    Args:
        paths: as they were typed.
        root: of the content.
        rules: further folders of packs.

    Raises:
        StartError: a path is not there.
    """

    def __init__(self, paths: Sequence[Path], root: ContentRoot, rules: Sequence[Path]) -> None:
        for path in paths:
            if not path.exists():
                raise StartError(f"{path}: there is no such file or folder")
        self._wanted = [path.resolve() for path in paths]
        self._places = (root.path / "rules", *rules)

    def has(self, file: str) -> bool:
        """Whether a content file is named: itself, a folder above it, or the test file beside it."""
        if not self._wanted:
            return True
        inside = file.removeprefix("rules/").removesuffix(ENDING).removesuffix(".yaml")
        for place in self._places:
            several = {(place / f"{inside}{ending}").resolve() for ending in (".yaml", ENDING)}
            if any(each in several or any(each in one.parents for one in several) for each in self._wanted):
                return True
        return False
