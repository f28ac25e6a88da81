"""What a site switched on about findings that need not be shown again, and the secret by which it is remembered."""

from __future__ import annotations

from dataclasses import dataclass, field

from cds.language.node import Fields, Text, text
from cds.language.report import Report
from cds.values.diagnostic import Position

LEAST_BYTES = 32
_OPEN_TO_ALL = 0o006  # read or written by users who are neither the owner nor of its group


@dataclass(frozen=True)
class SiteMemory:
    """The value of ``memory:``. Nothing is remembered where a site file has none.

    Attributes:
        secret_file: by which keys are made, relative to the site file.
        overridden_warnings: a warning overridden while an order was chosen is not shown again when it is signed.
        once_per_course: an info finding of this kind is not shown again in the same course.
        secret: the bytes of the file; empty until it was read.
    """

    at: Position
    secret_file: str
    overridden_warnings: bool = False
    once_per_course: bool = False
    secret: bytes = field(default=b"", repr=False)


def read_memory(root: Fields, report: Report) -> SiteMemory | None:
    """The ``memory:`` of a site file; None where there is none."""
    node = root.get("memory")
    if not isinstance(node, Fields):
        return None
    file = node.get("secret_file")
    found = SiteMemory(
        at=file.at if isinstance(file, Text) else node.at,
        secret_file=text(file),
        overridden_warnings=text(node.get("overridden_warnings")) == "yes",
        once_per_course=text(node.get("once_per_course")) == "yes",
    )
    # After other errors a switch may only be misspelt, which was told.
    if report.errors == 0 and not (found.overridden_warnings or found.once_per_course):
        report.error(
            "nothing-remembered",
            node.at,
            "memory switches nothing on",
            "A secret would be kept for no purpose.",
            "Write overridden_warnings: yes or once_per_course: yes, or remove memory:.",
        )
    return found


def make_secret(file: str) -> str:
    """How to make a secret, in a sentence."""
    return f"Make one: (umask 077; head -c {LEAST_BYTES} /dev/urandom > {file})"


def check_secret(memory: SiteMemory, secret: bytes, mode: int, report: Report) -> None:
    """Report a secret that can be guessed or read by others.

    Args:
        memory: what names it.
        secret: the bytes of its file.
        mode: the permission bits of its file.
        report: takes what is wrong.
    """
    if len(secret) < LEAST_BYTES:
        report.error(
            "weak-secret",
            memory.at,
            f"{memory.secret_file} holds {len(secret)} bytes; a secret has at least {LEAST_BYTES}",
            "Whoever gets the database could find out by trial whom an entry is about.",
            make_secret(memory.secret_file),
        )
    if mode & _OPEN_TO_ALL:
        report.error(
            "open-secret",
            memory.at,
            f"every user of this computer can read or change {memory.secret_file}",
            "With the secret and the database, entries could be traced to patients.",
            f"Take the permission away: chmod 600 {memory.secret_file}; better, make a new secret.",
        )
