"""Real requests, changed at random: members replaced, taken out, doubled, moved between requests, and bytes."""

import json
import random
from copy import deepcopy

STRANGE = (
    None,
    True,
    False,
    0,
    -1,
    10**30,
    -(10**40),
    1e308,
    0.1,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202eevil",
    "<script>alert(1)</script>",
    "a" * 5000,
    "Patient/../../x",
    "2026-02-30",
    "2026",
    "2026-11",
    "0000-00-00",
    "9999-12-31T23:59:60Z",
    "2026-11-24T24:00:00+14:00",
    "1e400",
    "-",
    "http://127.0.0.1:1/fhir",
    "https://169.254.169.254/",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    "{{context.patientId}}",
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"resourceType": "Bundle"},
    {"resourceType": "Bundle", "entry": None},
    {"resourceType": "Bundle", "entry": [{"resource": None}, {}, 7]},
    {"resourceType": []},
    {"coding": [{"system": 1, "code": {}}]},
    {"value": "1", "unit": [], "system": {}, "code": 5},
    {"reference": 7},
    {"start": "2026-13-01", "end": []},
)
"""Values that stand where nobody would put them."""
INSERTED = ("", "0", "-", "é", "\u0000", "/", "9" * 40)
DEEP = 2000
STOP = 0.15


class Mutator:
    """Changes requests.

    Args:
        seed: the same one makes the same changes.
        bodies: real requests.
    """

    def __init__(self, seed, bodies):
        self.random = random.Random(seed)  # noqa: S311 - the same changes for the same seed are what is wanted
        self.texts = [json.dumps(each) for each in bodies]
        self.parts = [part for each in bodies for _, _, part in _inner(each) if isinstance(part, dict | list)]

    def body(self):
        """The bytes of a changed request."""
        draw = self.random.random()
        text = self.random.choice(self.texts)
        if draw < 0.1:
            return self._bytes(bytearray(text.encode()))
        body = json.loads(text)
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 8))):
            self._change(body)
        content = json.dumps(body, ensure_ascii=self.random.random() < 0.5).encode("utf-8", "surrogatepass")
        return self._bytes(bytearray(content)) if draw > 0.98 else content

    def _change(self, body):
        if not body:
            return
        container, key, value = self._place(body)
        match self.random.randrange(8):
            case 0 | 1 | 2:
                container[key] = deepcopy(self.random.choice(STRANGE))
            case 3:
                del container[key]
            case 4:
                container[key] = [value, deepcopy(value)] if self.random.random() < 0.5 else {"value": value}
            case 5:
                container[key] = deepcopy(self.random.choice(self.parts))
            case 6 if isinstance(value, str):
                at = self.random.randrange(len(value) + 1)
                container[key] = (
                    value[:at] + self.random.choice(("", "0", "-", "é", "\u0000", "/", "9" * 40)) + value[at + 1 :]
                )
            case 7 if isinstance(value, list) and value:
                container[key] = [deepcopy(each) for each in value * self.random.choice((2, 3, 20))]
            case _:
                container[key] = json.loads("[" * 40 + "]" * 40)

    def _place(self, body):
        """Somewhere in JSON: a walk down, which now and then ends before it comes to a leaf."""
        while True:
            key = self.random.choice(list(body)) if isinstance(body, dict) else self.random.randrange(len(body))
            value = body[key]
            if not isinstance(value, dict | list) or not value or self.random.random() < STOP:
                return body, key, value
            body = value

    def _bytes(self, content):
        for _ in range(self.random.choice((1, 1, 2, 5))):
            at = self.random.randrange(len(content) + 1)
            until = at + self.random.choice((0, 1, 1, 5, 500))
            content[at:until] = self.random.choice(
                (b"", b"\xff", b"\x00", b'"', b"{", b"}", b"[" * DEEP, b"\\u", b",", b"1e999", self.random.randbytes(4))
            )
        return bytes(content)


def _inner(value):
    """Each member of JSON with what it stands in."""
    found = []
    waiting = [value]
    while waiting:
        container = waiting.pop()
        keys = container.keys() if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key, container[key]))
            if isinstance(container[key], dict | list):
                waiting.append(container[key])
    return found
