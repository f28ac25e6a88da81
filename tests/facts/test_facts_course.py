"""How long a supply lasts, how supplies make a course, and in which phase a new order finds the patient."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from facts_samples import ATC, RXNORM, TODAY, UTC, ago, case, concept, quantity, resource
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_content import fields_of

from cds.chart.chart import Entry
from cds.facts.kinds import KINDS
from cds.facts.retrieved import Item
from cds.facts.supply import supply_of
from cds.language.load import compile_plan, read_library
from cds.language.parameters import Layer
from cds.language.report import Report
from cds.values.dates import NO_DATE, Coarse, Day

START = date(2026, 8, 1)


def dose(value=20, unit="mg", frequency=2, period=1, period_unit="d"):
    """A dosage such as 20 mg twice a day."""
    return {
        "timing": {"repeat": {"frequency": frequency, "period": period, "periodUnit": period_unit}},
        "doseAndRate": [{"doseQuantity": quantity(value, unit)}],
    }


def until(strength="20 mg", when=None, **members):
    """The last day of a supply that starts on 1 August, and whether its length was assumed."""
    item = Item(Entry(members, "MedicationRequest", "MedicationRequest/1", ()), when or Day(START), "x", None, strength)
    found = supply_of(item, UTC, 30)
    return (found.end, found.assumed) if found else None


@pytest.mark.parametrize(
    ("members", "days"),
    [
        ({"dispenseRequest": {"expectedSupplyDuration": quantity(30, "d")}}, 30),
        ({"dispenseRequest": {"expectedSupplyDuration": {"value": 30}}}, 30),
        ({"dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "days"}}}, 30),
        ({"dispenseRequest": {"expectedSupplyDuration": quantity(4, "wk")}}, 28),
        ({"dispenseRequest": {"expectedSupplyDuration": quantity(2, "mo")}}, 60),
        ({"dispenseRequest": {"expectedSupplyDuration": quantity(30, "d"), "numberOfRepeatsAllowed": 1}}, 60),
        ({"dispenseRequest": {"expectedSupplyDuration": quantity(30, "d"), "numberOfRepeatsAllowed": 5}}, 180),
        ({"dispenseRequest": {"expectedSupplyDuration": quantity(30, "d"), "numberOfRepeatsAllowed": -1}}, 30),
        ({"dispenseRequest": {"expectedSupplyDuration": quantity(30, "d"), "numberOfRepeatsAllowed": "5"}}, 30),
        ({"daysSupply": quantity(28, "d")}, 28),
        ({"daysSupply": quantity(28, "d"), "quantity": quantity(60)}, 28),
    ],
)
def test_stated_days_come_first(members, days):
    """Supply end = start + stated duration × (1 + refills); a dispense states its days."""
    assert until(**members) == (START + timedelta(days=days), False)


@pytest.mark.parametrize(
    ("count", "dosage", "refills", "strength", "days"),
    [
        (60, dose(20), 0, "20 mg", 30),
        (60, dose(40), 0, "20 mg", 15),
        (120, dose(20), 1, "20 mg", 120),
        (60, dose(1, "CAP"), 0, "", 30),
        (60, dose(2, ""), 0, "", 15),
        (30, dose(40, frequency=1), 0, "40 mg", 30),
        (15, dose(40, frequency=1, period=2), 0, "40 mg", 30),
        (8, dose(20, frequency=2, period=1, period_unit="wk"), 0, "20 mg", 28),
    ],
)
def test_without_stated_days_quantity_and_dose_tell(count, dosage, refills, strength, days):
    """Supply end = start + quantity ÷ daily dose; milligrams are turned into capsules by their strength."""
    request = {"quantity": quantity(count), "numberOfRepeatsAllowed": refills}
    assert until(strength, dispenseRequest=request, dosageInstruction=[dosage]) == (START + timedelta(days=days), False)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"dispenseRequest": {"quantity": quantity(60)}},
        {"dispenseRequest": {"quantity": quantity(60)}, "dosageInstruction": [{"text": "twice daily"}]},
        {"dispenseRequest": {"quantity": quantity(0)}, "dosageInstruction": [dose()]},
        {"dispenseRequest": {"expectedSupplyDuration": quantity(0, "d")}},
        {"dispenseRequest": {"expectedSupplyDuration": quantity(-30, "d")}},
        {"dispenseRequest": {"expectedSupplyDuration": {"value": "30", "unit": "d"}}},
        {"dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "fortnight"}}},
        {"dispenseRequest": "30 days"},
        {"dosageInstruction": [dose(period=0)], "dispenseRequest": {"quantity": quantity(60)}},
    ],
)
def test_without_either_the_longest_supply_is_assumed(members):
    """Else the profile's maximum, marked as assumed; nonsense states nothing."""
    assert until(**members) == (START + timedelta(days=30), True)


def test_milligrams_without_a_strength_tell_nothing():
    """Sixty capsules of unknown strength at 40 mg a day last nobody knows how long."""
    request = {"quantity": quantity(60)}
    assert until("", dispenseRequest=request, dosageInstruction=[dose()])[1] is True


def test_a_stated_end_of_the_dosage_counts():
    """boundsPeriod.end is the last day where no duration is stated."""
    bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2026-08-01", "end": "2026-09-15"}}}}
    assert until(dosageInstruction=[bounds]) == (date(2026, 9, 15), False)


def test_the_validity_of_a_prescription_is_not_its_supply():
    """Specification 8.1 knows duration, then quantity ÷ dose; a validity of a year makes no supply of a year."""
    request = {"quantity": quantity(60), "validityPeriod": {"start": "2026-08-01", "end": "2027-08-01"}}
    assert until(dispenseRequest=request, dosageInstruction=[dose()]) == (date(2026, 8, 31), False)


@pytest.mark.parametrize("when", [NO_DATE, Coarse(date(2026, 8, 1), date(2026, 8, 31))])
def test_a_supply_without_a_day_cannot_be_placed(when):
    """No date, or a month alone, makes no supply."""
    assert until(when=when) is None


def test_an_absurd_supply_is_bounded():
    """A duration of a million days does not overflow the calendar."""
    duration = {"expectedSupplyDuration": quantity(1_000_000, "d")}
    assert until(dispenseRequest=duration)[0] == START + timedelta(days=3650)


# ------------------------------------------------------------------ phase


def order(name, written, days=30, status="completed", **members):
    """An order of isotretinoin in the history."""
    return resource(
        "MedicationRequest",
        name,
        **{
            "status": status,
            "intent": "order",
            "medicationCodeableConcept": concept(RXNORM, "197844"),
            "authoredOn": written,
            "dispenseRequest": {"expectedSupplyDuration": quantity(days, "d")},
            **members,
        },
    )


def phase(plan, facts, *history, **more):
    """The phase in which a new order finds a patient with a history."""
    return case(plan, medications=list(history), **more).state(facts["treatment_phase"])


def start(plan, facts, *history, **more):
    """The first day of the course, or why it is not known."""
    found = case(plan, medications=list(history), **more).outcome(facts["course_started"])
    return found.value or found.state


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (-29, "continuation"),
        (-1, "continuation"),
        (0, "continuation"),
        (1, "continuation"),
        (30, "continuation"),
        (31, "restart"),
        (365, "restart"),
        (366, "initial"),
        (2000, "initial"),
    ],
)
def test_the_gap_since_the_last_supply_decides(plan, facts, gap, expected):
    """Continuation up to 30 days after the supply's end, restart up to 365, later a first order again."""
    assert phase(plan, facts, order("1", ago(gap + 30))) == expected


def test_no_history_is_a_first_order(plan, facts):
    """No isotretinoin ever: initial, and no day on which a course started."""
    assert phase(plan, facts) == "initial"
    assert start(plan, facts) == "absent"


@pytest.mark.parametrize("status", ["active", "completed", "stopped", "on-hold"])
def test_a_supply_counts_whatever_became_of_it(plan, facts, status):
    """Stopped and held orders were supplies too."""
    assert phase(plan, facts, order("1", ago(60), status=status)) == "continuation"


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "draft"])
def test_an_order_that_never_came_to_be_is_no_supply(plan, facts, status):
    """Cancelled, mistaken and draft orders supplied nothing."""
    assert phase(plan, facts, order("1", ago(60), status=status)) == "initial"


def test_the_order_being_written_is_no_history(plan, facts):
    """Clients store the draft as an active order before it is signed: it does not continue a course."""
    stored = order("draft-1", ago(0), status="active")
    assert phase(plan, facts, stored, session={"MedicationRequest/draft-1"}) == "initial"
    assert phase(plan, facts, stored) == "continuation"


def test_an_order_of_tomorrow_counts_and_one_of_next_week_is_a_mistake(plan, facts):
    """Clocks differ by a day; a later date is no history."""
    assert phase(plan, facts, order("1", ago(-1))) == "continuation"
    assert phase(plan, facts, order("1", ago(-7))) == "initial"


def test_a_topical_order_is_no_course(plan, facts):
    """Isotretinoin gel in the history does not make a continuation."""
    gel = concept(ATC, "D10AD04", "isotretinoin 0.05% gel")
    assert phase(plan, facts, order("1", ago(20), medicationCodeableConcept=gel)) == "initial"


@pytest.mark.parametrize("written", [None, "2026", "2026-10", "soon"])
def test_an_undated_order_makes_the_phase_unknown(plan, facts, written):
    """An order of the drug that cannot be placed may continue a course or not."""
    assert phase(plan, facts, order("1", written)) == "unknown"


def test_an_undated_order_beside_a_recent_one_changes_nothing(plan, facts):
    """A course that certainly goes on goes on, whatever else there was; only its start is open."""
    history = (order("1", ago(40)), order("2", None))
    assert phase(plan, facts, *history) == "continuation"


def test_an_unread_history_makes_the_phase_unknown(plan, facts):
    """What was not read is no first order."""
    assert phase(plan, facts, unavailable=("medications",)) == "unknown"


def test_a_history_with_pages_missing_is_unknown_unless_a_course_is_seen(plan, facts):
    """A first page with a current supply proves the continuation; without one nothing is proved."""
    assert phase(plan, facts, next_pages=("medications",)) == "unknown"
    assert phase(plan, facts, order("1", ago(40)), next_pages=("medications",)) == "continuation"
    assert start(plan, facts, order("1", ago(40)), next_pages=("medications",)) == "unknown"


def test_the_time_after_treatment_is_looked_back_for_when_it_is_longer_than_a_restart(content):
    """Pages that were not read may hide a supply that ended within it: unknown, not none."""
    report = Report()
    set_here = Layer("site here", fields_of("restarts_within: 60 days\npost_within: 90 days\n"))
    library = read_library(content, KINDS, report)
    plan = compile_plan(library, "isotretinoin", "us-rems-2026", report, [set_here]).plan
    other = order("1", ago(100), medicationCodeableConcept=concept(text="another drug"))
    found = case(plan, medications=[other], next_pages=("medications",))
    assert report.errors == 0
    assert replace(found, has_new_order=False).state(plan.phase) == "unknown"


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ([95, 65, 35], 95),
        ([35, 65, 95], 95),
        ([125, 65, 35], 125),  # 30 days without supply in between
        ([126, 65, 35], 65),  # 31 days: another course
        ([400, 35], 35),
        ([35, 35], 35),
        ([40, 35], 40),
    ],
)
def test_a_course_starts_with_the_first_supply_of_its_chain(plan, facts, written, first):
    """Supplies belong together while no more than 30 days lie between one's end and the next one's start."""
    history = [order(str(index), ago(days)) for index, days in enumerate(written)]
    assert start(plan, facts, *history) == date.fromisoformat(ago(first))


def test_refills_carry_a_supply_on(plan, facts):
    """An order of six months ago with refills for half a year continues."""
    long = order("1", ago(170))
    long["dispenseRequest"]["numberOfRepeatsAllowed"] = 5
    assert phase(plan, facts, long) == "continuation"


@given(st.lists(st.integers(0, 800), max_size=8), st.randoms())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_order_in_which_supplies_come_changes_no_course(plan, facts, written, dice):
    """Phase and start are functions of the set of supplies."""
    history = [order(str(index), ago(days)) for index, days in enumerate(written)]
    mixed = dice.sample(history, len(history))
    assert phase(plan, facts, *history) == phase(plan, facts, *mixed)
    assert start(plan, facts, *history) == start(plan, facts, *mixed)


@given(st.lists(st.integers(0, 800), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_phase_follows_the_latest_end(plan, facts, written):
    """Only the last day of supply decides between continuation, restart and a first order."""
    history = [order(str(index), ago(days)) for index, days in enumerate(written)]
    gap = min(written) - 30
    expected = "continuation" if gap <= 30 else "restart" if gap <= 365 else "initial"
    assert phase(plan, facts, *history) == expected
    assert date.fromisoformat(ago(max(written))) <= start(plan, facts, *history) <= TODAY
