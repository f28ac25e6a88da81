"""Serves the shipped content as ``serve --open`` does, with a budget that a busy computer cannot use up."""

import argparse
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
    chosen = Settings(open=True, port=parser.parse_args().port, workers=2, budget_ms=30_000)
    serve(partial(application, read_content(find_content()), chosen), chosen)
