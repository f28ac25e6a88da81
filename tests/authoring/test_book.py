"""The rule book: made from the content alone, complete, in plain English, the same bytes twice."""

import re
from html import unescape

import pytest

from cds.authoring.book import book
from cds.authoring.test_file import read_test_file
from cds.cli import main
from cds.content import find_content, read_content
from cds.errors import ContentError
from cds.language.report import Report
from cds.language.yaml import read_yaml

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
    """The question of the content, what is looked at within which time, and when nobody can tell."""
    said = words(pages[f"{PACK}/baseline-triglycerides.html"])
    assert (
        "on file (decides) Is there a final triglyceride result inside the window? Yes when there is a record of "
        "“triglycerides” of today or the last 31 days (baseline window); no when the data arrived and hold none. "
        "Unknown when the data did not arrive, or pages of them that were not read may hold one. An entry that cannot "
        "be read is left out, and named. It can be yes, no or unknown. Looks at: laboratory results." in said
    )


def test_a_doubtful_entry_makes_unknown_only_where_its_retrieve_says_so(pages):
    """What becomes of an entry that cannot be judged is decided where it is retrieved, and told with the fact."""
    conditions = words(pages[f"{PACK}/breastfeeding.html"])
    assert "or when an entry that may count cannot be read or has no exact date. It can be yes" in conditions
    results = words(pages[f"{PACK}/baseline-alt.html"])
    assert "An entry that cannot be read is left out, and named. It can be yes" in results
    assert "has no exact date. It can be" not in results


def test_records_that_are_called_the_same_are_told_apart(pages):
    """By the names that authors gave them; the table says what each is, and where its codes are."""
    html = pages[f"{PACK}/pregnancy-tests-before-start.html"]
    said = words(html)
    assert "a record of “pregnancy test (qualifying negative tests)”" in said
    row = (
        "pregnancy test (qualifying negative tests) laboratory results Pregnancy tests (hCG) in urine, serum or plasma "
        "Status amended, corrected or final. Read as negative. From laboratory, by CareTeam, Organization, "
        "Practitioner or PractitionerRole. Never where its words tell of another place. is left out, and named"
    )
    assert row in said
    assert '<a href="../valuesets/hcg-test.html">' in html


def test_what_is_never_unknown_does_not_list_unknown(pages):
    """A setting can be one of its options, and nothing else."""
    said = words(pages[f"{PACK}/supply.html"])
    assert "What the profile or the site decided: no (refills allowed). Never unknown. It can be yes or no." in said


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


def test_every_test_that_stands_beside_a_rule_is_an_example(pages, content):
    """Tests and the rows of tables, each under its name, with what is apart from the usual."""
    path = f"rules/{PACK}/baseline-triglycerides.test.yaml"
    report = Report()
    written_tests = read_test_file(path, read_yaml(path, content[path], report), report).tests
    html = pages[f"{PACK}/baseline-triglycerides.html"]
    listed = re.findall(r"<dt>(.*?)</dt>", html.split('<h2 id="examples">')[1])
    assert [unescape(each) for each in listed] == [each.name for each in written_tests]
    assert "With: not supplied " in words(html)


def test_everything_is_in_the_list_of_names(pages):
    """Rules, findings, facts, parameters and value sets: whatever has a place in the book is found by its name."""
    listed = pages["contents.html"]
    links = set(re.findall(r'href="([^"]+)"', listed))
    for path, html in pages.items():
        if path.startswith("valuesets/") and path != "valuesets/index.html":
            assert path in links
        if path.startswith(f"{PACK}/") and 'id="logic"' in html:
            assert path in links
            wanted = re.findall(r'id="(fact-[a-z0-9_]+|[A-Z]+-[0-9]{2})"', html)
            assert wanted
            assert {f"{path}#{anchor}" for anchor in wanted if anchor.startswith("fact-")} <= links
    findings = set(re.findall(r'href="[a-z0-9-]+\.html#([A-Z]+-[0-9]{2})"', pages[f"{PACK}/findings.html"]))
    assert findings
    assert findings <= {link.rpartition("#")[2] for link in links}
    assert "baseline window: " in words(listed)


def test_a_history_is_told_as_its_file_tells_it(content):
    """Version, day, what changed and why, the newest first; words of the content are no HTML."""
    path = f"rules/{PACK}/age.yaml"
    history = (
        "history:\n"
        "  - {version: 1.1.0, date: 2026-11-24, changed: 'Twelve, not <b>ten</b>.', because: the yearly review}\n"
        "  - {version: 1.0.0, date: 2026-03-02, changed: First version., because: the first review}\n"
    )
    html = book({**content, path: content[path] + history.encode()}, "us-rems-2026")[f"{PACK}/age.html"]
    assert (
        "version date what changed because 1.1.0 2026-11-24 Twelve, not <b>ten</b>. the yearly review "
        "1.0.0 2026-03-02 First version. the first review" in words(html)
    )
    assert "Twelve, not &lt;b&gt;ten&lt;/b&gt;." in html


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
