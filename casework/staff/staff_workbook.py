"""people.xlsx or people.csv: accounts and their duties, one person and unit a row."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from casework.privacy import identity_numbers
from casework.shared.errors import Refused
from casework.shared.register_writes import Actor, writer
from casework.spreadsheets.answered_workbook import Copy, Intake
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import (
    Entry,
    Imported,
    RegisterWorkbook,
    county_warnings,
    enter_all,
    located,
)
from casework.staff import duty_grants, person_accounts, unit_register
from casework.staff.person_accounts import NewPerson
from models import Duty
from models.store import Store
from models.unit_of_work import UnitOfWork

COLUMNS = (
    Column(key="login", title="登录名", required=True),
    Column(key="name", title="姓名", required=True),
    Column(key="identity", title="身份证号", kind=CellKind.CODE, hint="只保存加密摘要，用于识别同一人的多个账号"),
    Column(key="unit", title="单位"),
    Column(key="duties", title="职责", kind=CellKind.NAMES, hint="多个职责用分号隔开"),
    Column(key="contact", title="联系方式"),
)
LEGEND = (
    "每行登记一人在一个单位的职责；同一人在多个单位任职可分多行。带 * 的列必填，第二行请勿删改。",
    "审计人员和系统管理员不得兼任其他职责。身份证号不落库，只保存加密摘要。",
)


@dataclass(frozen=True, kw_only=True)
class NewStaff:
    """A person with the duties they get in a unit."""

    person: NewPerson
    unit: str
    duties: tuple[Duty, ...]


def _make(values: dict[str, Any]) -> NewStaff:
    duties = tuple(duty_grants.duty_of(value) for value in values.get("duties", ()))
    if duties and not values.get("unit"):
        raise Refused("unit", "授予职责须写明单位", "name the unit of the duties", field="unit")
    if number := values.get("identity", ""):
        identity_numbers.checked(number)
    person = NewPerson(login=values["login"], name=values["name"], identity=number, contact=values.get("contact", ""))
    return NewStaff(person=person, unit=values.get("unit", ""), duties=duties)


STAFF: RegisterWorkbook[NewStaff] = RegisterWorkbook(sheet="人员", columns=COLUMNS, make=_make, legend=LEGEND)


def read(store: Store, path: Path) -> Intake[Entry[NewStaff]]:
    """Reads the list and looks up its units; nothing is written."""
    intake = STAFF.read(path)
    wrong: list[tuple[int, Refused]] = []
    with store.read() as work:
        for index, entry in enumerate(intake.rows):
            try:
                if entry.new.unit:
                    unit_register.must_exist(work, entry.new.unit)
            except Refused as no:
                wrong.append((index, no))
    return intake.with_faults(located(intake.rows, wrong))


def bring_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters the people and their duties in one transaction, all of them or none; what is there already stays as it is."""

    def enter(work: UnitOfWork, new: NewStaff) -> bool:
        who = writer(store, work, actor, Duty.ADMINISTRATOR)
        if new.unit:
            unit_register.must_exist(work, new.unit)
        fresh = person_accounts.enter_in(store, work, who, new.person)[1]
        for duty in new.duties:
            duty_grants.add_in(work, who, person=new.person.login, duty=duty, unit=new.unit, first=None, last=None)
        return fresh

    intake = STAFF.read(path)
    done = enter_all(store, intake, answer, enter)
    return replace(done, warnings=county_warnings((row, row.new.person.identity) for row in intake.rows))
