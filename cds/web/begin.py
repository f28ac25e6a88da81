"""What a serving process does once before its first call: a place to put it, and the running of it."""

from __future__ import annotations

from flask import Flask

BEGIN = "isotretinoin-cds.begin"
"""Key of ``app.extensions`` for a list of functions without arguments; each process calls them after the fork."""


def begin(app: Flask) -> None:
    """Do it."""
    for each in app.extensions.get(BEGIN, ()):
        each()
