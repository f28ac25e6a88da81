"""Where records are kept: an SQLite file in a folder, or a database by its URL; and the journal beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cds.errors import StartError

DATA = "ISOTRETINOIN_CDS_DATA"
DATABASE = "ISOTRETINOIN_CDS_DATABASE"
DATABASE_FILE = "ISOTRETINOIN_CDS_DATABASE_FILE"
FILE = "isotretinoin-cds.sqlite"
JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or the URL of a database server, which may hold a password, with a folder on this computer."""

    file: Path | None = None
    url: str = field(default="", repr=False)
    folder: Path | None = None

    @property
    def journal(self) -> Path:
        """The folder of what is not in the database yet.

        Raises:
            StartError: when there is a URL, and no folder beside it.
        """
        folder = self.file.parent if self.file is not None else self.folder
        if folder is None:
            raise StartError(f"a database by its URL needs a folder on this computer as well: set {DATA}")
        return folder / JOURNAL


def find_place(data: Path | None, environment: Mapping[str, str]) -> Place:
    """The database of the environment, else a file in the folder; the journal is in the folder in any case.

    The folder is the one given, else that of the environment, else the user's for state (XDG base directories). The URL
    of a database may hold a password; a file that holds the URL keeps it out of the list of processes.

    Raises:
        StartError: when none of them is there, or the file cannot be read.
    """
    folder = data if data is not None else _folder(environment)
    if url := environment.get(DATABASE):
        return Place(url=url, folder=folder)
    if file := environment.get(DATABASE_FILE):
        return Place(url=_first_line(Path(file)), folder=folder)
    return Place(folder / FILE)


def _folder(environment: Mapping[str, str]) -> Path:
    if folder := environment.get(DATA):
        return Path(folder)
    state = environment.get("XDG_STATE_HOME", "")
    # The XDG specification wants a relative path ignored.
    if Path(state).is_absolute():
        return Path(state) / "isotretinoin-cds"
    try:
        return Path.home() / ".local" / "state" / "isotretinoin-cds"
    except RuntimeError:
        raise StartError(f"there is no home folder to keep records in: give --data DIR, or set {DATA}") from None


def _first_line(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StartError(f"{DATABASE_FILE} {file} cannot be read: {reason}") from None
    if len(lines) != 1:
        raise StartError(f"{DATABASE_FILE} {file} must hold the URL of a database and nothing else")
    return lines[0]
