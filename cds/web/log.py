"""Log lines: one JSON object each, with names and numbers of ours only. No patient, no token, no body, ever."""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson

_FRAME = re.compile(r'File "([^"\n]+)", line (\d+), in (\S+)')
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


class ServerLines(JsonLines):
    """Writes what the server beneath logs, up to its first line break: after that comes an error with its message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without the newline, and the places that a trace named."""
        said, _, trace = record.getMessage().partition("\n")
        where = [f"{file}:{line} {name}" for file, line, name in _FRAME.findall(trace)]
        line = {"levelname": record.levelname, "created": record.created}
        return super().format(logging.makeLogRecord({**line, "msg": said, "fields": {"where": where} if where else {}}))


class PlaceLines(JsonLines):
    """Writes where a library logged something, and not what: its words may hold an address with a patient's id."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without the newline."""
        place = {"library": record.name, "where": f"{record.module}:{record.lineno}"}
        line = {"name": record.name, "levelname": record.levelname, "created": record.created}
        return super().format(logging.makeLogRecord({**line, "msg": "library", "fields": place}))


def log(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Write one line."""
    LOGGER.log(level, event, extra={"fields": fields})


def log_failure(event: str, error: BaseException, **fields: object) -> None:
    """Log a mistake of ours: its kind and where it happened. Its message may hold what a client sent: left out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    log(event, logging.ERROR, error=type(error).__name__, where=where, **fields)


def log_strays() -> None:
    """Log what Python would write to standard error with its message: warnings, and errors that nobody catches."""

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log_failure("failed in a thread", args.exc_value)

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            log_failure("failed beside", args.exc_value)

    logging.captureWarnings(True)
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """The logging set-up of a serving process: its own lines in full, of every library only where it logged."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}, "server": {"()": ServerLines}, "place": {"()": PlaceLines}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"},
            "server": {"class": "logging.StreamHandler", "formatter": "server", "stream": "ext://sys.stderr"},
            "libraries": {"class": "logging.StreamHandler", "formatter": "place", "stream": "ext://sys.stderr"},
        },
        "root": {"handlers": ["libraries"], "level": level if level == "DEBUG" else "WARNING"},
        "loggers": {
            LOGGER.name: {"handlers": ["stderr"], "level": level, "propagate": False},
            "_granian": {"handlers": ["server"], "level": "ERROR", "propagate": False},
            "granian.access": {"handlers": [], "level": "ERROR", "propagate": False},
        },
    }
