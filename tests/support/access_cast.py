"""People of every kind for docs/access.md: each duty in one unit alone, deputies, the applicant's own, who looks on."""

import shutil
from pathlib import Path
from uuid import UUID

from casework.lifecycle.procedure import Procedure
from casework.shared.reference import touch
from models import Delegation, Duty
from models.people import ONLOOKERS
from models.store import Store
from support.stage import BEFORE, CLOSES, OFFICES, STAFF, UNITS, Stage, named, officer

AT_WORK = tuple(duty for duty in STAFF if duty not in ONLOOKERS)
OTHER_FIRM = 1  # applies in no case of the situations
ROLES = ("lead", "joint", "treasury", "town", "none")


def home(duty: Duty, unit: str) -> UUID:
    """Who holds the duty in that unit and nowhere else."""
    return named(f"{duty}@{unit}")


def deputy(duty: Duty) -> UUID:
    """Who holds nothing and stands in for a holder of the duty, in every unit."""
    return named(f"deputy-{duty}")


def behind(duty: Duty) -> str:
    """The natural person for whom the deputy stands in."""
    return f"{duty}-2"


def member(duty: Duty) -> UUID:
    """Who holds the duty in every unit and belongs to the applicant, under another account."""
    return named(f"member-{duty}")


def onlooker(duty: Duty) -> UUID:
    """Who holds the duty in every unit and audits, under another account."""
    return named(f"onlooker-{duty}")


def nobody() -> UUID:
    """Who has an account and nothing else."""
    return named("nobody")


def role(procedure: Procedure, town: str, unit: str) -> str:
    """What a unit is to a case."""
    if unit == procedure.lead:
        return "lead"
    if unit in procedure.joint:
        return "joint"
    if unit == procedure.treasury:
        return "treasury"
    return "town" if unit == town else "none"


def furnished(file: Path, template: Path) -> Stage:
    """A stage with all of them, copied from a template that the first call makes (the schema is there already)."""
    if not template.exists():
        made = file.with_suffix(".first")
        shutil.move(file, made)
        store = Store(f"sqlite:///{made}")
        _people(Stage(store).furnish(firms=2))
        store.close()
        shutil.move(made, template)
    shutil.copy(template, file)
    return Stage(Store(f"sqlite:///{file}"))


def _people(stage: Stage) -> None:
    with stage.store.write() as work:
        stage.person(work, "nobody")
        for firm in (0, OFFICES):
            stage.person(work, f"member-of-{firm}", key="member", firm=firm)
        for duty in AT_WORK:
            for unit in UNITS:
                stage.person(work, f"{duty}@{unit}")
                stage.grant(work, f"{duty}@{unit}", duty, unit)
            stage.person(work, f"member-{duty}", duty, key="member")
            stage.person(work, f"onlooker-{duty}", duty, key=f"{Duty.AUDITOR}-0")
            stage.person(work, f"deputy-{duty}")
            work.flush()
            for unit in UNITS:
                work.add(
                    Delegation, from_person=officer(duty, 2), to_person=deputy(duty), duty=duty, unit=unit,
                    valid_from=BEFORE, valid_to=CLOSES, reason="算例",
                )  # fmt: skip
        work.flush()
        touch(work)
