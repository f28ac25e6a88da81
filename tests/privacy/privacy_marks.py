"""Marks in the place of everything that tells of a patient, and eyes that find them again in any common form."""

import base64
import re
from urllib.parse import quote

STEM = "Zq7Kmark"
"""Stands in every mark that is text; nothing else holds it."""
DIGITS = "731947206153"
"""Begins every mark that is a number: a fraction of a second, or of a result."""
ODD = ' é"<&/%\\'
"""Follows marks in free text, so that they are written differently in JSON, HTML and addresses."""
_TEXT_KEYS = {"text", "display", "div", "family", "line", "city", "postalCode", "comment", "userComment"}
_TEXT_KEYS |= {"patientInstruction", "title", "valueString", "description", "district"}
_LISTED_TEXT = {"given", "prefix", "line"}
_MOMENTS = {"effectiveDateTime", "authoredOn", "recordedDate", "performedDateTime", "occurrenceDateTime"}
_MOMENTS |= {"onsetDateTime", "issued", "start", "end", "sent", "date", "whenHandedOver", "dateAsserted"}
_IDS = {"id", "patientId", "encounterId", "patient", "hookInstance"}
_REFERENCES = {"reference", "userId", "fullUrl", "subject"}
_SECRETS = {"access_token", "scope"}
_REFERENCE = re.compile(r"(?:(?:https?://|urn:)[^\s?#]*[/:])?([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]+)")


class Marks:
    """The marks of one call.

    Args:
        call: the number of the call, which is in each of its marks.
    """

    def __init__(self, call):
        self.call = call
        self.days = set()
        self._ids = {}
        self._count = 0

    def text(self):
        """A new mark of letters and digits, fit for an id."""
        self._count += 1
        return f"{STEM}{self.call:05d}n{self._count:04d}"

    def digits(self):
        """A new mark that is a number."""
        self._count += 1
        return f"{DIGITS}{self._count % 10000:04d}"

    def id(self, given):
        """The mark that stands for an id, the same wherever it stands."""
        if given not in self._ids:
            self._ids[given] = self.text()
        return self._ids[given]

    def asking(self, kind, given):
        """Let the mark of an id ask for a mistake of the service."""
        self._ids[given] = f"{kind}-{self.text()}"

    def day(self, given):
        """A date of birth of the same year, remembered as a mark."""
        self._count += 1
        found = f"{given[:4]}-{self.call % 12 + 1:02d}-{(self.call // 12 + self._count) % 28 + 1:02d}"
        self.days.add(found)
        return found

    def of(self, value, key=""):
        """JSON with marks in place of what tells of a patient: ids, names, words, moments, results, tokens."""
        if isinstance(value, dict):
            if key == "valueQuantity" and isinstance(value.get("value"), int | float):
                value = {**value, "value": float(f"{int(value['value'])}.{self.digits()}")}
            return {name: self.of(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self._listed(each, key) for each in value]
        return self._string(value, key) if isinstance(value, str) else value

    def _listed(self, value, key):
        if key in _LISTED_TEXT and isinstance(value, str):
            return f"{value} {self.text()}{ODD}"
        if key in ("identifier", "telecom") and isinstance(value, dict) and "value" in value:
            return self.of({**value, "value": self.text()})
        return self.of(value, "reference" if key == "selections" else key)

    def _string(self, value, key):
        if key in _IDS:
            return self._reference(value) if "/" in value else self.id(value)
        if key in _SECRETS:
            return self.text()
        if key in _REFERENCES:
            return self._reference(value)
        return self._said(value, key)

    def _said(self, value, key):
        if key in _TEXT_KEYS:
            return f"{value} {self.text()}{ODD}"
        if key == "birthDate" and re.match(r"\d{4}-\d{2}-\d{2}$", value):
            return self.day(value)
        if key in _MOMENTS and re.match(r"\d{4}-\d{2}-\d{2}", value):
            return f"{value[:10]}T03:17:29.{self.digits()}+00:00"
        return value

    def _reference(self, value):
        if value.startswith("#"):
            return f"#{self.id(value[1:])}"
        found = _REFERENCE.fullmatch(value)
        if found is None:
            return self.id(value)
        return f"{found[1]}/{self.id(found[2])}"

    def in_everything(self, body):
        """A body with a member of its own in each object of envelope and context, its name and value being marks."""
        marked = self.of(body)
        for inner in (marked, marked.get("context"), marked.get("fhirAuthorization"), marked.get("prefetch")):
            if isinstance(inner, dict):
                inner[f"{self.text()}-key"] = self.text()
        return marked


def _forms(stem):
    """A stem as it may be written: plain, for HTML and addresses, in base64 at any place, in hexadecimal, in UTF-16."""
    raw = stem.encode()
    yield raw
    yield raw.lower()
    yield raw.upper()
    yield quote(stem).encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield stem.encode("utf-16-le")
    yield "".join(f"\\u{ord(each):04x}" for each in stem).encode()
    yield "".join(f"%{each:02X}" for each in raw).encode()
    for before in range(3):
        # Of the whole groups of four letters only those that no neighbour shares in.
        coded = base64.b64encode(b"\0" * before + raw)
        inner = coded[4 if before else 0 : (before + len(raw)) // 3 * 4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


FORMS = tuple(dict.fromkeys(form for stem in (STEM, DIGITS) for form in _forms(stem)))
_ANY = re.compile(b"|".join(re.escape(form) for form in FORMS))


def found(written, days=()):
    """Each mark in bytes, with what stands around it."""
    around = [written[max(0, hit.start() - 60) : hit.end() + 40] for hit in _ANY.finditer(written)]
    return around + [day.encode() for day in days if day.encode() in written]


def calls_in(written):
    """The numbers of the calls whose marks stand in plain bytes."""
    return {int(number) for number in re.findall(rf"{STEM}(\d{{5}})n".encode(), written)}
