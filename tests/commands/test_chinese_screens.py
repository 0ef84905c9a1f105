"""What the reading commands say in Chinese is Chinese, and no line of a table is wider than 80 columns."""

import json
import re
from dataclasses import is_dataclass
from typing import Any, get_args

import pytest
from rich.cells import cell_len
from sqlalchemy import update

import policies
from casework.forms import typed_forms
from casework.forms.form_fields import plan
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
    form = json.dumps([typed_forms.schema(form_) for form_ in (item.claim, item.facts)])
    fields = [*re.findall(r'"([a-z_]+)"', form), "true", "false"]  # of lists and choices too
    jobs = [job["kind"] for job in office.json("jobs")["jobs"]]
    invariants = [part for check in CHECKS for part in re.findall(r"[a-z_]+", check.id)]
    checks = [part for condition in conditions(item) for part in condition.id.split(":")]
    return {*fields, *(slot.id for slot in item.evidence), *checks, *jobs, *invariants}


@pytest.mark.slow
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
        if long := [word for word in said.stdout.split("\n") if cell_len(word) > 80 and "duixian" not in word]:
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
    listed = [
        each_field.kind
        for each_field in plan(kind)
        if get_args(each_field.kind) and is_dataclass(get_args(each_field.kind)[0])
    ]
    inner = [(listed_kind, field) for listed_kind in listed for field in plan(get_args(listed_kind)[0])]
    return [
        (listed_kind, field.name, field.kind)
        for listed_kind, field in inner
        if isinstance(field.kind, type) and issubclass(field.kind, Choice)
    ]


def test_the_choices_inside_cost_lines_and_lists_are_said_in_words() -> None:
    forms = {form for item in policies.get("XZ2023") for form in (item.claim, item.facts)}
    found = [nested_kind for form in forms for nested_kind in nested(form)]
    assert found
    for kind, name, choice in found:
        for choice_ in choice:
            assert _cell([{name: choice_.value, "document": "发票 1"}], kind) == f"{choice_.zh} · 发票 1"


def test_the_kinds_of_keys_in_a_trace_are_said_in_words() -> None:
    assert (
        _spelt("XZ2023-M15-000001（XZ2023，contract:12、invoice:算例-1）", ())
        == "XZ2023-M15-000001（XZ2023，合同 12、发票 算例-1）"
    )
    typed = ({"keys": ("contract:算例-1", "invoice:算例-1"), "basis": "凭证 算例1", "basis_en": "document 算例1"},)
    assert _spelt("甲（乙，contract:算例-1、invoice:算例-1）：1 元", typed) == "甲（乙，凭证 算例1）：1 元"


def test_titles_of_parameters_and_clauses_are_in_the_language_asked_for(office: Any) -> None:
    shown = office("parameters", "list", lang="en")
    assert "first" in shown.split("P16-rate")[1].split("\n")[0]
    assert "《" not in office("item", "M16", lang="en")
