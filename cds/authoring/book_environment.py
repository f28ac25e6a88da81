"""The templates of the pages that are read offline, and their style."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "book_templates"


@cache
def pages() -> Environment:
    """The templates: everything that content says is escaped, and a name that is not there is an error."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def style() -> str:
    """The style sheet."""
    return (_TEMPLATES / "book.css").read_text(encoding="utf-8")
