"""Every command that an inbox prints is one of the program's and does what it says once what is in capitals is filled in."""

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from typer.main import get_command

from casework.awards import computation, external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.lifecycle import commands as r
from casework.payments import third_approval
from casework.shared.reference import touch
from cli.app import app
from models import Duty, State
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.stage import claim, named, officer
from support.walk import exclude, later, take_off

S, D = State, Duty
FILLED = {
    "REASON": "算例理由", "MISSING": "算例材料", "TEXT": "算例进展", "DOCUMENT": "算例文号5", "VERDICT": "different",
    "CODE": "document", "PAPER": "算例文号1", "YUAN": "5", "CITATION": "算例依据", "VERSION": "1",
}  # fmt: skip


def parsed(line: str) -> None:
    """Parses a command as the program would, without running it; a word it does not know raises."""
    words = shlex.split(line)[1:]
    command: Any = get_command(app)
    context = command.make_context("duixian", [], resilient_parsing=True)
    while hasattr(command, "resolve_command"):
        _, command, words = command.resolve_command(context, words)
        if hasattr(command, "resolve_command"):
            context = command.make_context(command.name, [], parent=context, resilient_parsing=True)
    command.make_context(command.name, words, parent=context)


def typed(line: str, **more: str) -> str:
    """A line with its capitals filled in, as a person would."""
    return re.sub(r"\b[A-Z]{3,}\b", lambda word: {**FILLED, **more}.get(word[0], word[0]), line)


def commands(office: Any, who: str, case: str) -> list[str]:
    """What the inbox of a person prints for a case; the screen shows the same lines."""
    (task,) = (
        each_task for each_task in office.json("inbox", "--as", who)["tasks"] if each_task["case"]["number"] == case
    )
    assert task["commands"], task
    said = [words.strip() for words in office("inbox", "--as", who).split("\n")]
    assert task["commands"][0] in said
    for line in task["commands"]:
        parsed(line.replace(" YEAR YUAN ", " 2023 5 "))
    return list(task["commands"])


def runs(office: Any, line: str, **more: str) -> None:
    """The line does its work when it is typed."""
    office(*shlex.split(typed(line, **more))[1:])


# Cases whose turn is a person's, as the walk brings them there: item, state, duty, the first words of each line.
WALKED = {
    "acceptor": ("M4a", S.FILED, ("accept", "return --missing", "refuse --reason")),
    "screener": ("M4a", S.ACCEPTED, ("screen", "refuse --reason")),
    "certifier": ("M16", S.SCREENED, ("certify --as-claimed --fact first_store=VALUE", "refuse --reason")),
    "joint_reviewer": ("M5c", S.UNDER_JOINT_REVIEW, ("opine", "opine --negative --reason")),
    "amount_checker": ("M4a", S.COMPUTED, ("confirm",)),
    "decider": ("M4a", S.COMPUTED, ("refuse --reason", "decide")),
    "deliverer": ("M9", None, ("deliver --document DOCUMENT",)),
    "allocator": ("M4a", S.PAYABLE, ("payments allocate DOCUMENT --fund 区经商局:2023",)),
    "maker": ("M4a", S.PAYABLE, ("payments prepare --fund 区经商局:2023",)),
    "checker": ("M4a", S.PAYABLE, ("payments show ZF2023-", "payments check ZF2023-", "payments reject ZF2023-")),
    "releaser": ("M4a", S.PAYABLE, ("payments show ZF2023-", "payments release ZF2023-", "payments reject ZF2023-")),
    "reconciler": ("M4a", S.ORDERED, ("payments import FILE",)),
}  # fmt: skip


def begins(lines: list[str], case: str, wanted: tuple[str, ...]) -> None:
    said = [line.removeprefix("duixian ").replace(f"act {case} ", "") for line in lines]
    assert len(said) == len(wanted) and all(map(str.startswith, said, wanted)), (said, wanted)


def test_what_the_inboxes_of_the_offices_print_can_be_typed(office: Any) -> None:
    for number, (duty, (item, state, wanted)) in enumerate(WALKED.items(), start=1):
        identity = office.walk.open(item, number, number % 4)
        case = office.walk.to(identity, state or S.DECIDED, None if state is None else D(duty))
        while case.next_duty != duty:
            case = office.walk.forward(identity)
        lines = commands(office, f"{duty}-0", case.number)
        begins(lines, case.number, wanted)
        assert not {"BATCH", "UNIT:YEAR"} & set(" ".join(lines).split())
        if duty != "reconciler":
            runs(office, lines[-1] if duty == "decider" else lines[0], VALUE="是")
        if "payments show" in lines[0]:
            runs(office, lines[1])


def test_what_the_inbox_of_an_applicant_prints_can_be_typed(office: Any) -> None:
    draft, back, plan = (office.case(item, n) for n, item in ((1, "M4a"), (2, "M4a"), (3, "M10")))
    (line,) = commands(office, "applicant-0-0", draft)
    assert "file --claim FILE" in line  # nothing is claimed yet
    runs(office, line, FILE=str(office.write("claim.json", claim("M4a", 1))))
    returned = office.walk.to(named("case-2"), S.FILED, D.ACCEPTOR)
    office.walk.do(r.ReturnForCorrection, returned, missing=("算例材料",))
    (line,) = commands(office, "applicant-0-0", back)
    assert line.endswith(f"{back} file --as applicant-0-0")
    runs(office, line)
    office.walk.to(named("case-3"), S.IN_PROGRESS)
    reporter = "applicant-900-0"
    (line,) = commands(office, reporter, plan)
    assert "report --milestone 1 --text TEXT" in line
    runs(office, line)
    office.walk.to(named("case-3"), S.REPORTED)
    lines = commands(office, "certifier-1", plan)
    begins(lines, plan, ("review --reason REASON", "review --unsatisfied --reason REASON"))
    runs(office, lines[0])


def refused_jointly(office: Any) -> str:
    """A joint unit said no: the head decides."""
    case = office.walk.to(office.walk.open("M5c", 11), S.UNDER_JOINT_REVIEW)
    while case.next_duty == D.JOINT_REVIEWER:
        office.walk.do(r.Opine, case, positive=False, reason="算例不同意")
        case = office.walk.stage.case(case.id)
    return str(case.number)


def excluded(office: Any, item: str, number: int, state: State) -> str:
    """A condition stops the system's next step."""
    case = office.walk.to(office.walk.open(item, number, 3), state, D.SYSTEM)
    exclude(office.stage, 3 if item != "M10" else 903)
    parked = office.walk.forward(case.id)
    assert parked.next_duty == D.HEAD
    return str(case.number)


def above_the_threshold(office: Any) -> str:
    with office.store.write() as work:
        office.stage.value(work, third_approval.SETTING, "1.00")
        touch(work)
    return office.case("M4a", 14, S.PAYABLE, D.HEAD, 1)


HEADS: dict[str, tuple[Callable[[Any], str], tuple[str, ...]]] = {
    "joint review": (refused_jointly, ("override --reason REASON", "refuse --reason REASON")),
    "before it is priced": (
        lambda office: excluded(office, "M10", 12, S.CERTIFIED),
        ("waive --check exclusion --reason-code CODE --reason REASON --paper PAPER", "refuse --reason REASON"),
    ),
    "before the notice": (
        lambda office: excluded(office, "M4a", 13, S.DECIDED),
        ("waive --check exclusion --reason-code CODE --reason REASON --paper PAPER", "undo --reason REASON"),
    ),
    "third level": (
        above_the_threshold,
        ("payments show ZF2023-", "payments approve ZF2023-", "payments reject ZF2023-"),
    ),
}  # fmt: skip


def test_what_the_inbox_of_a_head_prints_can_be_typed(office: Any) -> None:
    for make, wanted in HEADS.values():
        case = make(office)
        lines = commands(office, "head-0", case)
        begins(lines, case, wanted)
        runs(office, lines[0])
        if "payments show" in lines[0]:
            runs(office, lines[1])
        take_off(office.stage)


def test_what_the_inboxes_of_finance_and_parameters_print_can_be_typed(office: Any) -> None:
    with office.store.write() as work:
        office.stage.end(work, "P16-rate")
        touch(work)
    unpriced = office.walk.to(office.walk.open("M16", 21), S.CERTIFIED, D.SYSTEM)
    computation.compute(office.store, cases=[unpriced.id])
    (line,) = commands(office, "parameter_author-0", unpriced.number)
    assert line.startswith("duixian parameters set P16-rate VALUE --citation CITATION")
    runs(office, line, VALUE="0.3")
    short = office.walk.to(office.walk.open("M4a", 22, 1), S.CERTIFIED, D.SYSTEM)
    office("budgets", "cut", "区经商局", "2023", "1000000000", "--document", "算例核减", "--as", "fund_officer-0")
    computation.compute(office.store, cases=[short.id])
    (line,) = commands(office, "fund_officer-0", short.number)
    assert line.startswith("duixian budgets add 区经商局 2023 YUAN --document DOCUMENT")
    runs(office, line, YUAN="300000")
    office(
        "budgets",
        "add",
        "区经商局",
        "2023",
        "1",
        "--document",
        "算例自有",
        "--policy",
        "XZ2023",
        "--as",
        "fund_officer-0",
    )
    own = office.walk.to(office.walk.open("M4a", 23, 2), S.CERTIFIED, D.SYSTEM)
    computation.compute(office.store, cases=[own.id])
    (line,) = commands(office, "fund_officer-0", own.number)
    assert line.startswith("duixian budgets add 区经商局 2023 YUAN --document DOCUMENT --policy XZ2023")
    runs(office, line, YUAN="600000", DOCUMENT="算例自有追加")
    computation.compute(office.store)
    office.walk.to(own.id, S.PAYABLE, D.ALLOCATOR)
    (line,) = commands(office, "allocator-0", own.number)
    assert line.startswith("duixian payments allocate DOCUMENT --fund 区经商局:2023:XZ2023")
    runs(office, line, DOCUMENT="算例自有下达")


def test_what_waits_for_a_comparison_or_an_answer_is_numbered(office: Any) -> None:
    contested = office.walk.to(office.walk.open("M4a", 31, 1), S.ON_NOTICE)
    for words in ("算例异议一", "算例异议二"):
        office.walk.do(r.Object, office.stage.case(contested.id), duty=D.CLERK, reason=words)
    lines = commands(office, "investigator-0", contested.number)
    begins(lines, contested.number, ("answer --objection 1 --reason", "answer --objection 1 --upheld --reason"))
    runs(office, lines[0])
    assert "--objection 2" in commands(office, "investigator-0", contested.number)[0]
    with office.store.read() as work:
        now = work.now
    office.store.set_clock(later(now, 1), frozen=True)
    new = NewBenefit(
        party=named("firm-0"), kind=KeyKind.AWARD, basis="算例织机32 | A", source="算例市级政策", level=Level.CITY,
        reference="算例市级文号", amount=Money(80_000_00),
    )  # fmt: skip
    external_benefits.add(office.store, officer(D.FUND_OFFICER), [new])
    compared = office.walk.to(office.walk.open("M4a", 32), S.CERTIFIED, D.SYSTEM)
    computation.compute(office.store, cases=[compared.id])
    (line,) = commands(office, "certifier-0", compared.number)
    assert "compare --comparison 1 --verdict VERDICT --reason REASON" in line
    runs(office, line)


def test_a_command_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(Exception, match=r"nonsense"):
        parsed("duixian act XZ2023-M04-000001 accept --nonsense")
