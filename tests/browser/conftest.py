"""A real browser, a real demonstration, and servers that write down what reaches them.

Without Debian's chromium, or without playwright, the tests of ``test_browser_*`` are not collected; the summary says
so, for which tests/conftest.py reads ``LACKING``.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LACKING = [
    what
    for what, there in (("the browser: apt-get install chromium", CHROMIUM), ("playwright", find_spec("playwright")))
    if not there
]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but this computer has a name. Intercepting requests would answer preflights in the service's stead.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def pytest_addoption(parser):
    """``--screenshots DIR`` makes the pictures of the documentation."""
    parser.addoption("--screenshots", type=Path, metavar="DIR", help="write the pictures of docs/ into this folder")


def pytest_ignore_collect(collection_path, config):
    """Nothing of a browser without one, and pictures only when they are asked for."""
    if collection_path.parent != HERE or not collection_path.name.startswith(("test_browser", "test_pictures")):
        return None
    unwanted = "pictures" in collection_path.name and not config.getoption("--screenshots")
    return True if LACKING or unwanted else None


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """``isotretinoin-cds demo``, as a process of its own."""
    from browser_servers import demonstration  # noqa: PLC0415

    with demonstration(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def relay(demo):
    """The service at another port: everything is passed on unchanged, and written down."""
    from browser_servers import Relay  # noqa: PLC0415

    with Relay(demo.url) as running:
        yield running


@pytest.fixture(scope="session")
def elsewhere(demo):
    """Another origin, which serves the files of the page and nothing else."""
    from browser_servers import Copy  # noqa: PLC0415

    with Copy(demo.url) as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    """The browser."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def ehr(chromium):
    """The page in a browser that knows nothing yet. In the end nothing went wrong, and nothing left this computer."""
    from browser_page import Ehr  # noqa: PLC0415

    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    watched = Ehr(context.new_page())
    yield watched
    context.close()
    assert watched.outside == []
    assert watched.errors == watched.expected_errors
