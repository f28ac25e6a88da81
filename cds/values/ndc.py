"""National Drug Codes in the spellings that arrive, as labeler and product in nine digits."""

from __future__ import annotations

SYSTEMS = frozenset({"http://hl7.org/fhir/sid/ndc", "urn:oid:2.16.840.1.113883.6.69"})
_LABELER, _PRODUCT = 5, 4


def labeler_products(code: str) -> tuple[str, ...]:
    """The nine-digit forms (labeler 5, product 4) that a code may stand for; package digits are left out.

    Hyphens settle the split. Ten digits without hyphens may be split 4-4-2, 5-3-2 or 5-4-1, so all three come back
    and only an exact hit in a list of products may count.

    >>> labeler_products("0245-0571-01")
    ('002450571',)
    """
    segments = code.strip().split("-")
    if not all(segment.isascii() and segment.isdigit() for segment in segments):
        return ()
    if len(segments) in (2, 3):
        labeler, product = segments[0], segments[1]
        if len(labeler) > _LABELER or len(product) > _PRODUCT:
            return ()
        return (labeler.zfill(_LABELER) + product.zfill(_PRODUCT),)
    digits = segments[0] if len(segments) == 1 else ""
    if len(digits) in (9, 11):
        return (digits[:9],)
    if len(digits) == 10:
        return ("0" + digits[:8], digits[:5] + "0" + digits[5:8], digits[:9])
    return ()
