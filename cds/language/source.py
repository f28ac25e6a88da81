"""The bytes of an authored file as text, or a message why they are none."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from cds.language.report import Report
from cds.values.diagnostic import Position

_WIDE = (BOM_UTF16_LE, BOM_UTF16_BE)
_UTF16 = ("the file is saved as UTF-16", "Save the file as UTF-8.")
_NO_TEXT = (
    "this is no text: some of its bytes are zero",
    "Content is text; perhaps another file was saved under this name.",
)


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
        what = f"the file has {len(source):,} bytes; {most:,} are the limit"
        report.error("file-too-large", start, what, remedy="Split the file.")
        return None
    if source.startswith(_WIDE) or b"\x00" in source:
        what, remedy = _UTF16 if _is_wide(source) else _NO_TEXT
        report.error("encoding", start, what, remedy=remedy)
        return None
    try:
        words = source.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        _tell(file, source, problem, report)
        return None
    report.add_source(file, words)
    return words


def _is_wide(source: bytes) -> bool:
    """Whether bytes look like UTF-16: by their first two, or since every second one is zero nearly everywhere."""
    most = len(source) // 2 * 0.7
    return source.startswith(_WIDE) or max(source[0::2].count(0), source[1::2].count(0)) > most


def _tell(file: str, source: bytes, problem: UnicodeDecodeError, report: Report) -> None:
    start = len(BOM_UTF8) if source.startswith(BOM_UTF8) else 0
    at = start + problem.start
    lines = source[start:at].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    report.add_source(file, source[start:].decode("utf-8", "replace"))
    windows = bytes([source[at]]).decode("cp1252", "replace")
    seems = f"; in Windows-1252 it would be {windows}" if windows.isprintable() and windows != "\ufffd" else ""
    report.error(
        "encoding",
        Position(file, len(lines), len(lines[-1]) + 1),
        f"the byte {source[at]:02X} is not UTF-8{seems}",
        "It would be read as another character, or not at all.",
        "Save the file as UTF-8.",
    )
