"""Serves the shipped content in one process that works on two calls at once."""

import argparse
from functools import partial

from serve_patiently import application

from cds.content import find_content, read_content
from cds.settings import Settings
from cds.web.server import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    chosen = Settings(open=True, port=parser.parse_args().port, workers=1, threads=2, budget_ms=30_000)
    serve(partial(application, read_content(find_content()), chosen), chosen)
