"""The bytes of an authored file as text, or a message why they are none."""

from __future__ import annotations

from cds.language.report import Report
from cds.values.diagnostic import Position


def read_words(file: str, source: bytes, most: int, report: Report) -> str | None:
    """A file's text, remembered for the caret under messages.

    Args:
        file: its name as shown in messages.
        source: its bytes, UTF-8; a byte order mark is dropped.
        most: how many bytes it may have.
        report: takes the problem found.

    Returns:
        The text, or None when there is none; then one error was reported.
    """
    start = Position(file, 1, 1)
    if len(source) > most:
        report.error("file-too-large", start, f"the file has {len(source):,} bytes; {most:,} are the limit")
        return None
    try:
        words = source.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        report.error("encoding", start, f"byte {problem.start} is not UTF-8", remedy="Save the file as UTF-8.")
        return None
    report.add_source(file, words)
    return words
