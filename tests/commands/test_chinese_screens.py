"""What the reading commands say in Chinese is Chinese, and no line of a table is wider than 80 columns."""

import json
import re
from dataclasses import is_dataclass
from typing import Any, get_args

import pytest
from rich.cells import cell_len
from sqlalchemy import update

import policies
from casework import forms
from casework.fields import plan
from cli import output
from cli.casefile import _cell, _spelt
from models import Duty, Person, State
from models.verify import CHECKS
from policies.conditions import conditions
from policies.forms import Choice

# What stays in Latin letters: ids and codes, what is to be typed, units, names of formats, and names that somebody gave.
ALLOWED = re.compile(
    r"""duixian(\ [\w.:/-]+)*              # a command to type
    | (?<![\w-])--[a-z][a-z-]*             # an option
    | [0-9a-f]{8}-[0-9a-f-]{27}            # an id
    | (?<![0-9A-Za-z])[0-9a-f]{8,64}(?![0-9A-Za-z])  # a hash
    | (XZ|ZF)\d{4}[\w-]*                   # a case's, an order's, a batch's number
    | \bP[\w-]*-[\w-]+                     # a parameter's or a setting's id
    | \b[MSFIVC]\d+[\w.-]*                 # a measure, an item, an invariant
    | \b[a-z_]+-\d+(-\d+)?\b               # a login
    | \b\w+\.(pdf|db|toml|csv|xlsx)\b      # a file
    | https?://\S+ | sqlite:\S+ | /[\w./-]+
    | \b\d{4}-W?\d+\b
    | (?<=\d\ )GB|\b[kMG]?Wh\b|\b(Python|Prefect)\ [\d.]+
    | \b(DEMO|JSON|CSV|XLSX|PDF|Excel|SHA-256|sha256|SQLite|PostgreSQL|UTC|ID|NO|FILE|DOCUMENT|YEAR|YUAN|REASON|BATCH)\b
    """,
    re.VERBOSE,
)
WORD = re.compile(r"[A-Za-z][A-Za-z_]+|\{.*'")

READING = (
    "cases", "case {paid}", "case {waiting}", "case {programme}", "inbox --as acceptor-0", "inbox --as checker-0",
    "inbox --as head-0", "status", "funds", "notices", "roles list", "delegations list", "people list", "units list",
    "holidays list", "enterprise list", "enterprise changes", "rules list --all", "comparisons list", "clock show",
    "audit head", "jobs history deadlines", "accounts list", "benefits list", "budgets list", "payments list",
    "payments waiting --fund 区经商局:2023", "payments overdue", "payments unmatched", "payments reconcile",
    "payments show {batch} --as checker-0", "messages list", "messages dead", "contacts list", "channels list",
    "programme list", "programme indicator", "jobs", "rates list", "rankings list", "retention list", "measures",
    "item M16", "parameters list", "settings list", "evidence list {paid} --as acceptor-0", "doctor", "verify",
)  # fmt: skip


def foreign(text: str) -> list[str]:
    """The words of another language in what a command printed."""
    whole = re.sub(r"(?<=[\w/.-])\n +(?=[a-z0-9/._-])", "", text)  # a cell folds inside a path or a long list of ids
    return WORD.findall(ALLOWED.sub(" ", whole))


def to_type(office: Any) -> set[str]:
    """Names that a person types: jobs, invariants, and the fields, papers and conditions of the item that is shown."""
    item = policies.get("XZ2023").item("M16")
    form = json.dumps([forms.schema(one) for one in (item.claim, item.facts)])
    fields = [*re.findall(r'"([a-z_]+)"', form), "true", "false"]  # of lists and choices too
    jobs = [one["kind"] for one in office.json("jobs")["jobs"]]
    invariants = [part for one in CHECKS for part in re.findall(r"[a-z_]+", one.id)]
    checks = [part for one in conditions(item) for part in one.id.split(":")]
    return {*fields, *(one.id for one in item.evidence), *checks, *jobs, *invariants}


def test_every_reading_command_speaks_chinese_in_80_columns(office: Any) -> None:
    known = {
        "paid": office.case("M16", 1, State.PAID),
        "waiting": office.case("M16", 2, State.PAYABLE, Duty.CHECKER),
        "programme": office.case("M10", 3, State.IN_PROGRESS),
    }
    office.case("M4a", 4, State.FILED, Duty.ACCEPTOR)
    office.case("M5c", 5, State.UNDER_JOINT_REVIEW)
    with office.store.write() as work:
        work.execute(update(Person).values(name="算例人员"))
    typed = to_type(office)
    batch = office.json("payments", "list")["batches"][-1]["number"]
    found, wide = {}, {}
    for line in READING:
        said = office.run(*line.format(**known, batch=batch).split())
        assert said.exit_code in (0, 1), (line, said.output)
        if words := set(foreign(said.output)) - typed:
            found[line] = sorted(words)
        if long := [one for one in said.stdout.split("\n") if cell_len(one) > 80 and "duixian" not in one]:
            wide[line] = long
    assert not found, "\n".join(f"{line}: {words}" for line, words in found.items())
    assert not wide, "\n".join(f"{line}: {lines[:3]}" for line, lines in wide.items())


@pytest.mark.parametrize(
    "columns",
    [
        [("编号", "1" * 36), ("名称", "算例" * 30), ("状态", "已核验")],
        [("编号", "1" * 36), ("案件", "2" * 30), ("名称", "算例" * 30), ("原因", "因" * 50)],
        [(f"列{n}", "算例长名称" * 3) for n in range(9)],
    ],
)
def test_a_table_of_chinese_is_never_wider_than_80_columns_and_loses_nothing(
    columns: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    output.table([name for name, _ in columns], [[cell for _, cell in columns]] * 2)
    said = capsys.readouterr().out
    assert max(map(cell_len, said.split("\n"))) <= 80
    joined = re.sub(r"\s", "", said)
    for name, cell in columns:
        assert name in said
        assert joined.count(cell[:3]) >= 2 and sorted(said).count(cell[-1]) >= 2 * cell.count(cell[-1])
    assert "1" * 36 in said or columns[0][1][0] != "1"


def test_a_foreign_word_and_a_raw_dictionary_are_noticed() -> None:
    assert foreign("状态 verified") == ["verified"]
    assert foreign("{'a': 1}")
    assert not foreign("XZ2023-M16-000001 已核验 duixian payments show ZF2023-000001 --as checker-0")


def nested(kind: Any) -> list[tuple[Any, str, Any]]:
    """The choices inside the lists of a form: the list's kind, the field, the choice."""
    listed = [one.kind for one in plan(kind) if get_args(one.kind) and is_dataclass(get_args(one.kind)[0])]
    inner = [(one, field) for one in listed for field in plan(get_args(one)[0])]
    return [
        (one, field.name, field.kind)
        for one, field in inner
        if isinstance(field.kind, type) and issubclass(field.kind, Choice)
    ]


def test_the_choices_inside_cost_lines_and_lists_are_said_in_words() -> None:
    forms = {form for item in policies.get("XZ2023") for form in (item.claim, item.facts)}
    found = [one for form in forms for one in nested(form)]
    assert found
    for kind, name, choice in found:
        for one in choice:
            assert _cell([{name: one.value, "document": "发票 1"}], kind) == f"{one.zh} · 发票 1"


def test_the_kinds_of_keys_in_a_trace_are_said_in_words() -> None:
    assert (
        _spelt("XZ2023-M15-000001（XZ2023，contract:12、invoice:算例-1）")
        == "XZ2023-M15-000001（XZ2023，合同 12、发票 算例-1）"
    )


def test_titles_of_parameters_and_clauses_are_in_the_language_asked_for(office: Any) -> None:
    shown = office("parameters", "list", lang="en")
    assert "first" in shown.split("P16-rate")[1].split("\n")[0]
    assert "《" not in office("item", "M16", lang="en")
