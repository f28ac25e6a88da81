"""Log lines: one JSON object each, with names and numbers of ours only. No patient, no token, no body, ever."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson

LOGGER = logging.getLogger("isotretinoin-cds")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON: when, level, what happened, and the fields given with it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without the newline."""
        fields: dict[str, Any] = getattr(record, "fields", {})
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return orjson.dumps(
            {"time": when, "level": record.levelname.lower(), "event": record.getMessage(), **fields}, default=str
        ).decode()


def log(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Write one line."""
    LOGGER.log(level, event, extra={"fields": fields})


def log_failure(event: str, error: BaseException, **fields: object) -> None:
    """Log a mistake of ours: its kind and where it happened. Its message may hold what a client sent: left out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    log(event, logging.ERROR, error=type(error).__name__, where=where, **fields)


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """The logging set-up of a serving process, for its own lines and for those of the server beneath it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {
            LOGGER.name: {"handlers": ["stderr"], "level": level, "propagate": False},
            "_granian": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "granian.access": {"handlers": [], "level": "ERROR", "propagate": False},
        },
    }
