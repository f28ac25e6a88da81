"""Rule before profile before site before client: the later one is in force, and every value says where it came from."""

from site_samples import HEAD, PACK, answered, rule_of, served, vignette

from cds.findings.explain import as_text, explanation

LAYERS = """\
site: clinic
timezone: UTC
packs:
  isotretinoin:
    profile: uk-2026
    parameters: {test_window: 2 days, baseline_window: 60 days}
    because: policy 1
rules:
  isotretinoin/dermatology-supervision: {parameters: {indicator: info}, because: policy 2}
  isotretinoin/tetracycline: {mode: shadow, because: policy 3}
clients:
  - name: one
    fhir: {base: https://one.example.org/fhir}
    packs: {isotretinoin: {parameters: {baseline_window: 21 days}, because: policy 4}}
    rules:
      isotretinoin/dermatology-supervision: {parameters: {indicator: warning}, because: policy 5}
      isotretinoin/tetracycline: {mode: show, because: policy 6}
  - {name: two, fhir: {base: https://two.example.org/fhir}}
"""


def shared(plan, name):
    """A shared parameter as the facts of a plan hold it."""
    facts = [fact for rule in plan.rules for case in rule.cases for when in case.when for fact, _ in when]
    return next(each for fact in facts for each in all_parameters(fact) if each.name == name)


def all_parameters(fact):
    """The parameters of a fact and of those that it needs."""
    yield from fact.parameters
    for needed in fact.needs:
        yield from all_parameters(needed)


def test_the_later_layer_is_in_force(content):
    """Where rule, profile, site and client set one parameter, the client's value counts for its calls only."""
    usual = served(content, LAYERS)[0].plans[PACK]
    one = served(content, LAYERS, "one")[0].plans[PACK]
    assert [
        (each.shown, each.origin) for each in (shared(usual, "baseline_window"), shared(one, "baseline_window"))
    ] == [
        ("60 days", "site clinic"),
        ("21 days", "client one"),
    ]
    assert shared(one, "test_window").origin == "site clinic"
    assert shared(one, "tests_needed").origin == "profile uk-2026"
    assert shared(one, "pending_window").origin == "rule"


def test_a_client_is_known_by_its_fhir_server(content):
    """The first client with the FHIR server of the call answers; a call from elsewhere gets the usual settings."""
    ready, _ = served(content, LAYERS)
    service = ready.services[f"{PACK}-order-sign"]
    names = [
        plan.client
        for server in ("https://one.example.org/fhir/", "https://two.example.org:443/fhir", "https://x.test/fhir", "")
        for plan, _ in [ready.for_call(service, server)]
    ]
    assert names == ["one", "two", "", ""]
    usual, _ = served(content, LAYERS, "https://one.example.org/fhir")
    assert usual.for_call(usual.services[f"{PACK}-order-sign"], "")[0].client == "one"


def test_the_mode_of_a_client_goes_before_that_of_the_site(content):
    """A rule in shadow at the site can be shown to one client; rules that nobody names are shown."""
    assert rule_of(served(content, LAYERS)[0], "tetracycline").mode == "shadow"
    assert rule_of(served(content, LAYERS, "one")[0], "tetracycline").mode == "show"
    assert rule_of(served(content, LAYERS, "two")[0], "tetracycline").mode == "shadow"
    assert rule_of(served(content, LAYERS)[0], "high-alt").mode == "show"


def test_the_explanation_says_where_values_came_from(content, fhir):
    """Parameters of the rule and of the facts that decided it stand there with value and origin."""
    words = HEAD.replace(
        "profile: us-rems-2026", "profile: us-rems-2026, parameters: {referral_window: 200 days}, because: x"
    )
    ready, settings = served(content, words)
    request, chart = vignette("V54.us")
    fhir.store = type(fhir.store)([chart])
    result = answered(ready, settings, {**request, "fhirServer": fhir.base})
    said = explanation(result.plan, result.patient, result.decisions)
    assert said["site"] == "clinic"
    rule = next(each for each in said["rules"] if each["rule"] == "dermatology-supervision")
    assert rule["sharedParameters"] == {"referral_window": {"value": "200 days", "from": "site clinic"}}
    assert rule["parameters"] == {"indicator": {"value": "info", "from": "rule"}}
    assert "with referral_window 200 days (site clinic); indicator info (rule)" in as_text(said)
    assert as_text(said).startswith("isotretinoin 0.1.0 · profile us-rems-2026 · site clinic · 2026-11-24\n")


def test_a_value_changes_what_is_found(content, fhir):
    """A window that a site narrows makes an older result too old."""
    request, chart = vignette("V54.us")
    old = [
        {**each["resource"], "effectiveDateTime": "2026-11-01"}
        if each["resource"]["resourceType"] == "Observation"
        else each["resource"]
        for each in chart["entry"]
    ]
    fhir.store = type(fhir.store)([{"entry": [{"resource": each} for each in old]}])
    body = {**request, "fhirServer": fhir.base}
    narrow = HEAD.replace("us-rems-2026", "us-rems-2026, parameters: {baseline_window: 14 days}, because: x")
    ids = []
    for words in (HEAD, narrow):
        result = answered(*served(content, words), body)
        ids.append({each.finding.id for each in result.decisions.shown})
    assert "LIPID-01" in ids[1] - ids[0]


def test_a_client_of_another_jurisdiction_has_a_profile_of_its_own(content):
    """Its calls are answered under its profile, with its reviewer; the rest of the site keeps the site's profile."""
    words = HEAD + (
        "clients:\n  - name: abroad\n    fhir: {base: https://abroad.example.org/fhir}\n"
        "    packs: {isotretinoin: {profile: uk-2026, reviewer: 'Dr. A, 2026-11-20'}}\n"
    )
    ready, _ = served(content, words)
    service = ready.services[f"{PACK}-order-sign"]
    abroad, client = ready.for_call(service, "https://abroad.example.org/fhir")
    assert (abroad.profile.name, client.name) == ("uk-2026", "abroad")
    assert ready.for_call(service, "")[0].profile.name == "us-rems-2026"
