"""Whether a profile may answer: not after its period, and a draft only where someone answers for it."""

from __future__ import annotations

from datetime import date

from cds.language.plan import Profile
from cds.language.report import Report
from cds.values.diagnostic import Position

DRAFT, HISTORIC = "draft", "historic"


def check_period(profile: Profile, today: date, at: Position, report: Report) -> None:
    """Report that a profile may not answer on a day: its period is over, or it is historic and not of that day.

    Args:
        profile: the profile.
        today: the day of the answer.
        at: where the profile was chosen.
        report: takes what is wrong.
    """
    first, last = profile.effective_from, profile.effective_to
    meaning = "Rules would rest on what is not in force."
    if last is not None and today > last:
        said = f"profile {profile.name} ended on {last}; the day is {today}"
        report.error("profile-ended", at, said, meaning, "Choose the profile that followed it.")
    if profile.status == HISTORIC and first is not None and today < first:
        said = f"profile {profile.name} began on {first}; the day is {today}"
        report.error("profile-ended", at, said, meaning, "Choose the profile that went before it.")


def check_draft(profile: Profile, reviewer: str, at: Position, report: Report) -> None:
    """Report that a profile is a draft, unless someone at the site has reviewed it."""
    if profile.status == DRAFT and not reviewer:
        report.error(
            "profile-draft",
            at,
            f"profile {profile.name} is a draft",
            "Nobody has confirmed what it says.",
            "Have it reviewed, and name the reviewer: under packs: in the site file.",
        )
