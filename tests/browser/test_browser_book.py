"""The rule book in a real browser, from files: nothing fails, nothing is fetched, every link leads somewhere."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from browser_files import page_of_files

RULES = ("baseline-triglycerides", "pregnancy-tests-before-start", "high-triglycerides")
PAGES = (
    "index.html",
    "contents.html",
    "isotretinoin/index.html",
    "isotretinoin/findings.html",
    "valuesets/index.html",
    "valuesets/triglycerides.html",
    *(f"isotretinoin/{rule}.html" for rule in RULES),
)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """``isotretinoin-cds docs``, as a process of its own."""
    folder = tmp_path_factory.mktemp("book")
    made = subprocess.run(
        [sys.executable, "-m", "cds", "docs", str(folder)], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def page(chromium):
    """A page; in the end nothing went wrong in it, and it asked for nothing but files."""
    yield from page_of_files(chromium, lambda url: url.startswith("file://"))


def test_every_page_is_reached_and_every_link_leads_somewhere(page, book):
    """From the first page to all others by links, anchors included; no page lies there unreached."""
    first = (book / "index.html").as_uri()
    waiting, seen, wanted = [first], {}, set()
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        page.goto(url)
        found = page.evaluate("""() => ({
            links: [...document.querySelectorAll('a[href]')].map(each => each.href),
            ids: [...document.querySelectorAll('[id]')].map(each => each.id),
        })""")
        assert len(found["ids"]) == len(set(found["ids"])), url
        seen[url] = set(found["ids"])
        for link in found["links"]:
            target, anchor = urldefrag(link)
            if target.startswith("file:"):
                wanted.add((target, anchor))
                waiting.append(target)
            else:
                assert target.startswith("https://"), (url, link)
    for target, anchor in wanted:
        assert not anchor or anchor in seen[target], (target, anchor)
    assert set(seen) == {path.as_uri() for path in book.rglob("*.html")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_everybody(page, book, name):
    """Language, title, one first heading, no level left out, tables with captions and headers, pictures in words."""
    page.goto((book / name).as_uri())
    found = page.evaluate("""() => ({
        lang: document.documentElement.lang,
        title: document.title,
        levels: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => Number(each.tagName[1])),
        main: document.querySelectorAll('main').length,
        unlabelled: [...document.querySelectorAll('nav')].filter(each => !each.getAttribute('aria-label')).length,
        tables: [...document.querySelectorAll('table')].map(each =>
            [!!each.caption?.textContent, each.querySelectorAll('th:not([scope])').length]),
        emptyLinks: [...document.querySelectorAll('a')].filter(each => !each.textContent.trim()).length,
        pictures: [...document.querySelectorAll('svg')].map(each => [
            each.getAttribute('role'),
            ...each.getAttribute('aria-labelledby').split(' ')
                .map(id => document.getElementById(id).textContent.length),
        ]),
        images: document.querySelectorAll('img').length,
        styled: getComputedStyle(document.body).maxWidth,
    })""")
    assert found["lang"] == "en"
    assert found["title"]
    assert found["levels"][0] == 1
    assert found["levels"].count(1) == 1
    assert all(after <= before + 1 for before, after in zip(found["levels"], found["levels"][1:], strict=False))
    assert (found["main"], found["unlabelled"], found["emptyLinks"], found["images"]) == (1, 0, 0, 0)
    assert all(caption and not without_scope for caption, without_scope in found["tables"])
    assert all(role == "img" and title > 10 and words > 100 for role, title, words in found["pictures"])
    assert found["styled"] != "none"


@pytest.mark.parametrize("rule", RULES)
def test_a_diagram_shows_every_case_inside_its_box(page, book, rule):
    """A question and an outcome for each case, and no text runs out of its box."""
    page.goto((book / "isotretinoin" / f"{rule}.html").as_uri())
    found = page.evaluate("""() => ({
        cases: document.querySelectorAll('#logic + p + ol > li').length,
        boxes: document.querySelectorAll('svg g').length,
        over: [...document.querySelectorAll('svg g')].filter(each => {
            const box = each.querySelector('rect').getBBox();
            return [...each.querySelectorAll('text')].some(line => {
                const text = line.getBBox();
                return text.x + text.width > box.x + box.width || text.y + text.height > box.y + box.height;
            });
        }).length,
    })""")
    assert found["boxes"] == 2 * found["cases"]
    assert found["over"] == 0


def test_a_page_prints(page, book, tmp_path):
    """On paper the navigation is gone, links show where they lead, and nothing is wider than the sheet."""
    page.goto((book / "isotretinoin" / "pregnancy-tests-before-start.html").as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})  # A4 with its margins, at 96 dots an inch
    shown = page.evaluate("""() => ({
        nav: getComputedStyle(document.querySelector('nav')).display,
        after: getComputedStyle(document.querySelector('main a[href^="http"]'), '::after').content,
        wide: document.documentElement.scrollWidth,
    })""")
    assert shown["nav"] == "none"
    assert "https://" in shown["after"]
    assert shown["wide"] <= 680
    paper = tmp_path / "rule.pdf"
    page.pdf(path=str(paper), format="A4", prefer_css_page_size=True)
    assert paper.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_narrow_screen(page, book, name):
    """At 320 pixels, as on a phone or enlarged four times, only tables and diagrams are moved sideways."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto((book / name).as_uri())
    found = page.evaluate("""() => ({
        wide: document.documentElement.scrollWidth,
        boxes: [...document.querySelectorAll('.wide')].map(each => [
            each.getBoundingClientRect().right <= innerWidth, each.tabIndex, each.getAttribute('role'),
            !!each.getAttribute('aria-label')]),
        smallest: Math.min(...[...document.querySelectorAll('main svg text')].map(each =>
            parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a), 99),
    })""")
    assert found["wide"] <= 320
    assert all(box == [True, 0, "region", True] for box in found["boxes"])
    assert found["smallest"] >= 10


@pytest.mark.parametrize("name", PAGES)
def test_text_stands_out_from_its_background(page, book, name):
    """Every text at least 4.5 to 1, those of links, of indicators and in diagrams included (WCAG 1.4.3)."""
    page.goto((book / name).as_uri())
    faint = page.evaluate("""() => {
        const parts = colour => colour.match(/[0-9.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b].map(each => each / 255)
            .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
            .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
        const behind = each => {
            const box = each.closest('svg g')?.querySelector('rect');
            if (box) return parts(getComputedStyle(box).fill);
            for (let at = each; at; at = at.parentElement) {
                const colour = parts(getComputedStyle(at).backgroundColor);
                if (colour.length === 3 || colour[3] === 1) return colour;
            }
            return [255, 255, 255];
        };
        const found = [];
        let seen = 0;
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const each = walk.currentNode.parentElement;
            if (!walk.currentNode.textContent.trim() || each.closest('title, desc')) continue;
            const style = getComputedStyle(each);
            const colour = parts(each instanceof SVGElement ? style.fill : style.color);
            const [one, other] = [light(colour), light(behind(each))].sort((a, b) => b - a);
            seen += 1;
            if ((one + 0.05) / (other + 0.05) < 4.5) found.push(walk.currentNode.textContent.trim());
        }
        return [seen, found];
    }""")
    assert faint[0] > 5
    assert faint[1] == []


def test_the_keyboard_reaches_everything_in_its_order(page, book):
    """First a way past the navigation, then every link, table and diagram, each marked while it has the focus."""
    page.goto((book / "isotretinoin" / "high-triglycerides.html").as_uri())
    wanted = page.evaluate("() => document.querySelectorAll('a[href], [tabindex=\"0\"]').length")
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("""() => {
                const each = document.activeElement;
                const box = each.getBoundingClientRect();
                const style = getComputedStyle(each);
                return [each.getAttribute('href') ?? each.getAttribute('aria-label'), style.outlineStyle !== 'none'
                    && parseFloat(style.outlineWidth) > 0, box.width > 0 && box.left >= 0 && box.left < innerWidth];
            }""")
        )
    assert reached[0][0] == "#content"
    assert len(reached) == wanted > 5
    assert all(outlined and visible for _, outlined, visible in reached), reached
    assert {"Flow diagram", "Decision table", "Parameters", "Records looked at"} <= {name for name, _, _ in reached}
    page.keyboard.press("Shift+Tab")
    page.evaluate("() => document.querySelector('.skip').focus()")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "content"


def test_the_book_needs_no_script_and_no_other_host(book):
    """Nothing in any file loads, runs or sends anything."""
    for path in Path(book).rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "<script" not in text
            assert "@import" not in text
            assert "url(http" not in text
            assert 'src="' not in text
