"""The floor: the same server and framework, parsing the same body and returning canned cards, which it records.

Run as ``python -m bench.floor PORT WORKERS ANSWER.json DATA``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from flask import Flask, Response, request

from cds.cards.merge import EXTENSION
from cds.record.place import find_place
from cds.record.recorder import open_recorder
from cds.record.shown import ShownCard, ShownFinding
from cds.settings import Settings
from cds.web.server import serve

PATH = "/cds-services/isotretinoin-order-sign"


def make(answer: Path, data: Path) -> Flask:
    """The application."""
    app = Flask(__name__, static_folder=None)
    canned = orjson.loads(answer.read_bytes())
    kept = tuple(_shown(card) for card in canned["cards"])
    recorder = open_recorder(find_place(data, {}))

    @app.post(PATH)
    def call() -> Response:
        orjson.loads(request.get_data(cache=False))
        recorder.keep_cards(tuple(replace(card, uuid=str(uuid4()), answered_at=recorder.now()) for card in kept))
        return Response(orjson.dumps(canned), content_type="application/json")

    @app.get("/readyz")
    def ready() -> Response:
        return Response(b"{}", content_type="application/json")

    return app


def _shown(card: dict[str, Any]) -> ShownCard:
    told = card["extension"][EXTENSION]
    findings = tuple(
        ShownFinding(each["id"], each["rule"], each["version"], each["indicator"]) for each in told["findings"]
    )
    return ShownCard(
        "", "", "order-sign", "floor", "", told["pack"], told["packVersion"], told["contentHash"], told["profile"],
        told["topic"], card["indicator"], findings, (),
    )  # fmt: skip


def main(port: str, workers: str, answer: str, data: str) -> None:
    """Serve, as ``serve --open`` does."""
    settings = Settings(open=True, port=int(port), workers=int(workers))
    serve(partial(make, Path(answer), Path(data)), settings)


if __name__ == "__main__":
    main(*sys.argv[1:])
