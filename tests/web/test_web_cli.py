import json
import subprocess

import pytest
from web_samples import ACNE, HERE, chart, demonstration, order, prefetch, request
from web_servers import COMMAND, PATIENCE_S

from cds.cli import main


@pytest.fixture
def run(capsys, tmp_path):
    """Run a command in this process: exit code, standard output, standard error. A dict becomes a file."""

    def command(*arguments):
        names = []
        for number, each in enumerate(arguments):
            if isinstance(each, dict):
                path = tmp_path / f"{number}.json"
                path.write_text(json.dumps(each))
                names.append(str(path))
            else:
                names.append(str(each))
        code = main(names)
        return code, *capsys.readouterr()

    return command


def example(index=0):
    """A request of the demonstration with its chart."""
    found = demonstration()
    return found.request(found.patients[index], "https://ehr.example.org/fhir"), found.charts[index]


def test_evaluate_prints_the_answer(run):
    """C-1: evaluate runs the real flow on the request alone, and prints the response."""
    body, _ = example()
    code, out, err = run("evaluate", body)
    assert (code, err) == (0, "")
    assert [card["source"]["topic"]["code"] for card in json.loads(out)["cards"]].count("unavailable") == 1


def test_evaluate_takes_data_from_a_chart(run):
    """P-20: with --chart what the request lacks is read from the Bundle; its own server and token are unused."""
    body, bundle = example()
    body["fhirAuthorization"] = {"access_token": "t", "token_type": "Bearer", "patient": "another"}
    code, out, _ = run("evaluate", body, "--chart", bundle)
    assert code == 0
    topics = [card["source"]["topic"]["code"] for card in json.loads(out)["cards"]]
    assert topics
    assert "unavailable" not in topics


def test_the_day_can_be_chosen(run):
    """A year later the same results are out of date, and another card comes."""
    body, bundle = example(-1)
    now, later = (
        json.loads(run("evaluate", body, "--chart", bundle, *more)[1])["cards"]
        for more in ([], ["--today", "2099-01-01"])
    )
    assert len(later) > len(now)


def test_a_request_that_cannot_be_answered_ends_with_1(run):
    """E-5: the OperationOutcome is printed in place of cards."""
    code, out, _ = run("evaluate", {"hook": "order-sign"})
    assert code == 1
    assert json.loads(out)["issue"][0]["expression"] == ["context"]
    assert run("explain", {"hook": "nothing"})[0] == 1


def test_explain_says_why_and_why_not(run):
    """explain names each rule with what decided it, as text and as JSON."""
    body, bundle = example()
    code, out, _ = run("explain", body, "--chart", bundle)
    assert code == 0
    as_json = json.loads(run("explain", body, "--chart", bundle, "--json")[1])
    assert all(each["rule"] in out for each in as_json["rules"])
    other = request("order-sign", order("161", "acetaminophen"))
    assert "nothing was evaluated" in run("explain", other)[1]
    assert json.loads(run("explain", other, "--json")[1]) == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "nowhere.json"], "nowhere.json cannot be read"),
        (["evaluate", {}, "--chart", {"resourceType": "Patient"}], "no Bundle"),
        (["evaluate", {}, "--rules", "nowhere"], "there is no such folder"),
        (["evaluate", {}, "--service", "nothing"], "--service nothing"),
        (["evaluate", {}, "--allow-fhir", "x"], "--allow-fhir x"),
        (["demo", "--port", "0"], "--port 0"),
    ],
)
def test_what_cannot_start_is_said_in_a_sentence(run, arguments, said):
    """Exit code 2 and one line for each trouble, never a trace."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert all(line.startswith("isotretinoin-cds: ") for line in err.splitlines())


def test_broken_content_is_shown_with_its_place(run, tmp_path):
    """Broken rules end with 1: each problem with file, line, column, id, the line with a caret, and advice."""
    folder = tmp_path / "rules" / "broken"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text("pack: broken\ntitel: A title\n")
    code, out, err = run("evaluate", {}, "--rules", folder.parent)
    assert (code, out) == (1, "")
    assert "rules/broken/pack.yaml:2:1: error[unknown-key]" in err
    assert "2 | titel: A title\n    ^~~~~" in err


def test_another_pack_and_profile_need_no_code(run):
    """A pack given by --rules is served under its own profile beside, or instead of, the shipped one."""
    body = request(prefetch=prefetch())
    code, out, _ = run("evaluate", body, "--rules", HERE / "sample_rules", "--profile", "sample")
    assert code == 0
    assert [card["extension"]["isotretinoin-cds.card"]["pack"] for card in json.loads(out)["cards"]] == ["sample"] * 2
    with_chart = run(
        "evaluate", request(), "--chart", chart(ACNE), "--rules", HERE / "sample_rules", "--profile", "sample"
    )
    assert len(json.loads(with_chart[1])["cards"]) == 2


def test_the_program_lists_its_commands():
    """python -m cds is the program; it names every command."""
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert all(name in done.stdout for name in ("serve", "demo", "evaluate", "explain", "check", "test"))
