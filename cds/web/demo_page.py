"""``/demo``: a page that plays the EHR. A client like any other, by the public interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, send_from_directory

STATIC = Path(__file__).parent / "static"
# Wherever the page is served, its scripts come from there and its calls stay on this computer.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self' http://127.0.0.1:* http://localhost:*",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@dataclass(frozen=True)
class ServedProfile:
    """A profile whose services can be called: its name, what to call it, and its path under the service's root."""

    name: str
    says: str
    path: str


@dataclass(frozen=True)
class DemoPage:
    """What the page has to know beforehand; everything else it asks the FHIR server and the service.

    Attributes:
        fhir: base of the FHIR server.
        default: id of the patient that is opened first.
        patients: id, user and a sentence of each.
        orders: the medication orders that can be chosen, without patient and prescriber.
        profiles: the one that is served at the root first.
    """

    fhir: str
    default: str
    patients: tuple[Mapping[str, str], ...]
    orders: tuple[Mapping[str, Any], ...]
    profiles: tuple[ServedProfile, ...]


def add_demo_page(app: Flask, shown: DemoPage) -> None:
    """Route the page and its files."""
    setup = asdict(shown)

    @app.get("/demo")
    def demo_page() -> Response:
        return _guarded(Response(render_template("demo.html", setup=setup), content_type="text/html; charset=utf-8"))

    @app.get("/demo/static/<name>")
    def demo_static(name: str) -> Response:
        return _guarded(send_from_directory(STATIC, name, max_age=0))


def _guarded(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
