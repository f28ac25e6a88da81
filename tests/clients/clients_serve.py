"""Serves the shipped content as ``serve --open`` does: on the day of the labelled patients, and never short of time."""

import argparse
from datetime import date
from functools import partial

from cds.content import find_content, read_content
from cds.language.defaults import default_profile
from cds.settings import Settings
from cds.web.app import create_app
from cds.web.server import serve
from cds.web.services import load_ready


def application(files, settings):
    """The application over the shipped content."""
    return create_app(load_ready(files, default_profile(files)), settings)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    chosen = Settings(open=True, port=port, workers=1, budget_ms=30_000, today=date(2026, 11, 24))
    serve(partial(application, read_content(find_content()), chosen), chosen)
