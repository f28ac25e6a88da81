"""The rule book: made from the content alone, complete, in plain English, the same bytes twice."""

import re
from html import unescape

import pytest

from cds.authoring.book import book
from cds.cli import main
from cds.content import find_content, read_content
from cds.errors import ContentError

PACK = "isotretinoin"


@pytest.fixture(scope="module")
def pages():
    """The book of the shipped content."""
    return book(read_content(find_content()), "us-rems-2026")


def words(html):
    """The text of a page, without its diagram, blanks made one."""
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", " ", html, flags=re.DOTALL))
    return " ".join(unescape(plain).split())


def test_every_rule_and_every_value_set_has_its_page(pages, content, plan):
    """Nothing of the pack is left out, rules of other profiles included."""
    rules = {path for path in content if re.fullmatch(rf"rules/{PACK}/[a-z0-9-]+\.yaml", path)}
    names = {path.rsplit("/", 1)[1].removesuffix(".yaml") for path in rules} - {"pack", "data"}
    made = {path.split("/")[1].removesuffix(".html") for path in pages if path.startswith(f"{PACK}/")}
    assert {rule.name for rule in plan.rules} <= names
    assert made == names | {"index", "findings"}
    sets = {re.sub(r"\.(yaml|json)$", "", path.rsplit("/", 1)[1]) for path in content if "/valuesets/" in path}
    assert {path.split("/")[1].removesuffix(".html") for path in pages if path.startswith("valuesets/")} >= sets


def test_a_case_is_a_sentence(pages):
    """Each case with its facts, its ending and its words."""
    said = words(pages[f"{PACK}/baseline-triglycerides.html"])
    assert "When on file is yes: no card, because: A recent result is on file." in said
    assert (
        "When on file is no, and triglycerides on the way is yes: "
        "an info finding, LIPID-01: “Triglyceride result is pending”." in said
    )
    assert "When on file is unknown: it could not be checked" in said


def test_a_fact_says_how_it_is_found_with_the_values_in_force(pages):
    """The question of the content, and a generated sentence with its parameter."""
    said = words(pages[f"{PACK}/baseline-triglycerides.html"])
    assert (
        "Is there a final triglyceride result inside the window? Yes when there is any of triglycerides; "
        "no when the data arrived and hold none. Only in the last so many days, today included: "
        "baseline window (31 days). It can be yes, no, unknown." in said
    )


def test_a_parameter_has_its_default_bounds_and_origin_for_each_profile(pages):
    """What a pharmacist checks first."""
    said = words(pages[f"{PACK}/baseline-triglycerides.html"])
    assert "baseline window How old may a baseline result be? Basis: Delphi consensus" in said
    assert "31 days 14 days to 90 days 31 days (set by rule)" in said
    assert "(set by profile uk-2026)" in "".join(words(page) for page in pages.values())


def test_a_rule_that_only_another_profile_enables_says_so(pages):
    """The page names the profiles, and a dash stands where the rule is not in force."""
    said = words(pages[f"{PACK}/second-contraceptive-method.html"])
    assert re.search(r"In force under us-rems-2026(?!, uk)", said)


def test_tests_are_examples_in_words(pages):
    """What is on record, and what must come of it."""
    said = words(pages[f"{PACK}/baseline-triglycerides.html"])
    assert (
        "a recent result in mmol/L Given: triglycerides (code LOINC 14927-8, value 1.35 mmol/L, date 10 days ago). "
        "Then: no card." in said
    )


def test_an_example_that_does_not_hold_yet_says_so(pages):
    """A test with a todo is no promise."""
    said = words(pages[f"{PACK}/baseline-triglycerides.html"])
    assert "Then: no card. This does not hold yet: the group's query names systems by URL only" in said


def test_history_is_not_made_up(pages):
    """No file tells of earlier versions, so no page does."""
    said = words(pages[f"{PACK}/age.html"])
    assert "The rule's file tells nothing of earlier ones." in said


def test_a_value_set_has_its_codes_and_what_was_left_out(pages):
    """With the reason, the source and the day of the review."""
    said = words(pages["valuesets/triglycerides.html"])
    assert "http://loinc.org 2571-8 Triglyceride [Mass/volume] in Serum or Plasma" in said
    assert "http://loinc.org 3048-6 public sources disagree on what it measures" in said
    assert "Reviewed 2026-11-24" in said


def test_the_pack_page_shows_what_is_shown_when(pages):
    """Phase by hook."""
    said = words(pages[f"{PACK}/index.html"])
    assert "order-select critical, warning critical, warning" in said


def test_the_diagram_has_its_words(pages):
    """The description of the picture is the logic as sentences."""
    html = pages[f"{PACK}/age.html"]
    described = unescape(re.search(r'<desc id="flow-desc">(.*?)</desc>', html, re.DOTALL)[1])
    listed = [unescape(each) for each in re.findall(r"<li>(When .*?)</li>", html)]
    assert len(listed) >= 2
    assert described == " ".join(listed)


def test_the_same_content_gives_the_same_bytes(pages, content):
    """No day, no order by chance."""
    assert book(content, "us-rems-2026") == pages


def test_what_the_content_says_is_text(content):
    """Words of the content are never taken for HTML."""
    path = f"rules/{PACK}/age.yaml"
    changed = re.sub(rb"(?m)^title: .*$", b"title: 'Age <b>&amp; more</b>'", content[path], count=1)
    html = book({**content, path: changed}, "us-rems-2026")[f"{PACK}/age.html"]
    assert "Age &lt;b&gt;&amp;amp; more&lt;/b&gt;" in html
    assert "<b>&amp; more" not in html


def test_broken_content_makes_no_book(content):
    """Nothing half right is printed."""
    path = f"rules/{PACK}/age.yaml"
    with pytest.raises(ContentError):
        book({**content, path: content[path].replace(b"topic: ", b"topic: un", 1)}, "us-rems-2026")


def test_a_folder_with_something_else_is_left_alone(capsys, tmp_path):
    """A book replaces a book, and nothing else."""
    (tmp_path / "letter.txt").write_text("mine")
    assert main(["docs", str(tmp_path)]) == 2
    assert "it holds something else than a rule book" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_book_replaces_an_older_one(capsys, tmp_path, pages):
    """Pages of rules that are gone go with them."""
    assert main(["docs", str(tmp_path)]) == 0
    gone = tmp_path / PACK / "gone.html"
    gone.write_text("old")
    assert main(["docs", str(tmp_path)]) == 0
    assert not gone.exists()
    found = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == pages
    capsys.readouterr()
