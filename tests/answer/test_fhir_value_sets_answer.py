"""Value sets in FHIR's form give the answers that the same value sets in YAML give."""

import pytest
from answer_samples import ORDERED, PROFILES, Service, lasting, vignette
from fhir_value_sets import as_compose, as_expansion, in_fhir

from cds.web.services import load_ready


def without_hash(cards):
    for card in cards:
        for told in card["extension"].values():
            told.pop("contentHash", None)
    return cards


@pytest.mark.parametrize("form", [as_compose, as_expansion])
def test_every_labelled_patient_gets_the_same_cards(services, content, form):
    """All cards of all labelled patients, word for word, whatever form the value sets have."""
    for short, profile in PROFILES.items():
        fhir = Service(load_ready(in_fhir(content, form), profile))
        assert fhir.plan.content_hash != services[short].plan.content_hash
        for name in ORDERED[short]:
            request, chart = vignette(name)
            own, other = (without_hash(lasting(each.by_prefetch(request, chart))) for each in (services[short], fhir))
            assert own == other, name
