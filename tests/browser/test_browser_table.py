"""The decision table as an HTML file, in a real browser: read offline, printed, by keyboard, on a narrow screen."""

import subprocess
import sys

import pytest
from browser_files import page_of_files

RULES = ("baseline-triglycerides", "high-alt", "contraception-documented")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """``isotretinoin-cds table RULE --format html > FILE``, as processes of their own."""
    folder = tmp_path_factory.mktemp("tables")
    for rule in RULES:
        made = subprocess.run(
            [sys.executable, "-m", "cds", "table", f"isotretinoin/{rule}", "--format", "html"],
            capture_output=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        (folder / f"{rule}.html").write_bytes(made.stdout)
    return folder


@pytest.fixture
def page(chromium):
    """A page; in the end nothing went wrong in it, and it asked for nothing but its file."""
    yield from page_of_files(chromium, lambda url: url.startswith("file://") and url.endswith(".html"))


@pytest.mark.parametrize("rule", RULES)
def test_it_can_be_read_by_everybody(page, tables, rule):
    """Language, title, headings in their order, tables with captions and headers, boxes that the keyboard reaches."""
    page.goto((tables / f"{rule}.html").as_uri())
    found = page.evaluate("""() => ({
        lang: document.documentElement.lang,
        title: document.title,
        levels: [...document.querySelectorAll('h1,h2,h3')].map(each => Number(each.tagName[1])),
        tables: [...document.querySelectorAll('table')].map(each => [
            !!each.caption?.textContent, each.querySelectorAll('th:not([scope])').length,
            each.parentElement.tabIndex, !!each.parentElement.getAttribute('aria-label')]),
        rows: document.querySelectorAll('#table ~ .wide tbody tr').length,
        styled: getComputedStyle(document.querySelector('td')).borderTopWidth,
    })""")
    assert found["lang"] == "en"
    assert found["title"].startswith("Decision table: ")
    assert found["levels"][0] == 1
    assert found["levels"].count(1) == 1
    assert all(after <= before + 1 for before, after in zip(found["levels"], found["levels"][1:], strict=False))
    assert found["tables"]
    assert all(each == [True, 0, 0, True] for each in found["tables"])
    assert found["styled"] == "1px"


@pytest.mark.parametrize("rule", RULES)
def test_a_row_leads_to_its_case(page, tables, rule):
    """By keyboard as by mouse; the case that is meant is marked."""
    page.goto((tables / f"{rule}.html").as_uri())
    page.locator("#table ~ .wide a").last.focus()
    page.keyboard.press("Enter")
    target = page.evaluate("() => [document.querySelector(':target')?.textContent, location.hash]")
    assert target[0].startswith(f"Case {target[1].removeprefix('#case-')}: ")


@pytest.mark.parametrize("rule", RULES)
def test_it_fits_a_narrow_screen(page, tables, rule):
    """Only tables are moved sideways."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto((tables / f"{rule}.html").as_uri())
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("rule", RULES)
def test_it_prints_whole(page, tables, rule, tmp_path):
    """Nothing is wider than the sheet, and nothing hidden in a box that nobody can move."""
    page.goto((tables / f"{rule}.html").as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})  # A4 with its margins, at 96 dots an inch
    assert page.evaluate("""() => [
        document.documentElement.scrollWidth <= 680,
        [...document.querySelectorAll('.wide')].every(each => getComputedStyle(each).overflowX === 'visible'),
    ]""") == [True, True]
    paper = tmp_path / "table.pdf"
    page.pdf(path=str(paper), format="A4", prefer_css_page_size=True)
    assert paper.read_bytes().startswith(b"%PDF-")
