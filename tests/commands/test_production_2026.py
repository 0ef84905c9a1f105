"""A production store in the business year 2026: a renewed policy from outside is filed, decided and paid by the command line.

The clock of the whole process is moved, as a machine's own would move on: the store itself keeps real time and refuses to be set.
"""

import csv
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from commands.conftest import Desk, shut

from models.clock import SHANGHAI
from support.office import code as credit_code
from support.office import identity_number
from support.tree import ROOT

LEAD, TREASURY, TOWN, POLICY = "区经商局", "区财政局", "算例镇（虚构）", "XZ2026EX"
PEOPLE = {
    "clerk": LEAD, "acceptor": LEAD, "certifier": LEAD, "amount_checker": LEAD, "decider": LEAD, "head": LEAD,
    "fund_officer": LEAD, "parameter_author": LEAD, "parameter_confirmer": LEAD, "screener": TOWN, "auditor": LEAD,
    "allocator": TREASURY, "maker": TREASURY, "checker": TREASURY, "releaser": TREASURY, "reconciler": TREASURY,
}  # fmt: skip
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"
PAYER = {
    "name": "秀洲区财政局（虚构）",
    "bank": "算例银行",
    "account": "33001000000000001",
    "clearing_code": "102335000001",
}
CLAIM = {
    "level": "municipal", "product": "算例织机", "model": "SL-2026", "certificate_no": "算例 2026-7 号",
    "issuer": "算例认定单位", "certified_on": "2026-11-02",
}  # fmt: skip


class Town(Desk):
    """The command line of a production store, each act under its person's own token."""

    tokens: dict[str, str]
    clock: Any

    def at(self, moment: str) -> None:
        """The machine's clock moves on."""
        self.clock.move_to(datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI))

    def by(self, who: str, *arguments: object, exit: int = 0) -> str:
        """A command of one person."""
        return self(*arguments, "--as", who, token=self.tokens[who], code=exit)

    def read(self, who: str, *arguments: object) -> Any:
        """What a person reads."""
        return self.json(*arguments, "--as", who, token=self.tokens[who])

    def sweep(self) -> None:
        """What the timer does each minute: jobs that are due, and every case whose turn is the system's.

        No service runs here: after some minutes the look says so (exit 3), and moves everything all the same.
        """
        done = self.run("jobs", "watch")
        assert done.exit_code in (0, 3) and "失败 0" in done.output, done.output

    def case(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.read("auditor", "case", number)["case"]
        return found


pytestmark = pytest.mark.slow


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """An installation as an operator makes it on 2026-11-26: people, duties, tokens, a firm, money."""
    monkeypatch.setenv("DUIXIAN_POLICIES", str(ROOT / "docs" / "examples" / "policies"))
    with time_machine.travel(datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)) as clock:
        town = Town(home=tmp_path / "home")
        town.clock, town.tokens = clock, {}
        furnish(town)
        yield town
        shut(f"sqlite:///{town.home / 'duixian.db'}")


def furnish(town: Town) -> None:
    town("init", "--policy", POLICY)
    town("units", "add", TOWN)
    firm = ("enterprise", "add", "算例纺织有限公司（虚构）", "--code", credit_code(7), "--town", TOWN)
    town(*firm, "--account", "62220000123456789", "--bank", "算例银行", "--clearing-code", "102335000002")
    for number, (duty, unit) in enumerate(PEOPLE.items(), start=1):
        town("people", "add", duty, f"虚构{number}", "--identity", identity_number(number))
        town("roles", "add", duty, duty, unit)
    more = ("--identity", identity_number(90), "--party", credit_code(7))
    town("people", "add", "applicant", "虚构申报人", *more)
    for login in (*PEOPLE, "applicant"):
        town.tokens[login] = town.json("tokens", "make", login)["token"]
    (account,) = town.json("accounts", "list")["accounts"]
    town.by("fund_officer", "accounts", "verify", account["id"], "--paper", "算例开户许可")
    town.by("fund_officer", "budgets", "add", LEAD, "2026", "1000000", "--document", "算例预算 1 号")
    payer = town.write("payer.json", PAYER)
    settle(town, "settings", "P-payer", f"@{payer}")


def settle(town: Town, group: str, name: str, value: str) -> None:
    """Two people set a value."""
    town.by("parameter_author", group, "set", name, value, "--citation", "算例会议纪要", "--policy", POLICY)
    town.by("parameter_confirmer", group, "confirm", name, "--policy", POLICY)


def filed(town: Town) -> str:
    certificate = town.home / "证书.pdf"
    certificate.write_bytes(PDF)
    claim = town.write("claim.json", CLAIM)
    papers = ("--paper", f"certificate={certificate}")
    town.by("applicant", "file", "M4a", "--claim", claim, *papers, "--policy", POLICY)
    (case,) = town.read("auditor", "cases")["cases"]
    return str(case["number"])


def decided(town: Town, number: str) -> None:
    town.sweep()
    for who, *action in (("acceptor", "accept"), ("screener", "screen"), ("certifier", "certify", "--as-claimed")):
        town.by(who, "act", number, *action)
        town.sweep()
    town.by("amount_checker", "act", number, "confirm")
    town.by("decider", "act", number, "decide", "--minutes", "算例纪要 9 号")
    town.sweep()


def test_a_renewed_policy_from_outside_is_filed_decided_and_paid_in_production(town: Town, tmp_path: Path) -> None:
    assert "不能调整" in town.error("clock", "set", "2026-12-01T09:00", code=1)["message"]
    number = filed(town)
    assert number.startswith(f"{POLICY}-M")
    decided(town, number)
    case = town.case(number)
    assert (case["state"], case["amount_yuan"]) == ("on_notice", "200000.00")
    (notice,) = town.json("notices")["notices"]
    assert (notice["opens_on"], notice["closes_on"]) == ("2026-11-26", "2026-12-02"), (
        "five working days, the first counted"
    )
    town.at("2026-12-02T23:59:00")
    town.sweep()
    assert town.case(number)["state"] == "on_notice"
    town.at("2026-12-03T00:01:00")
    town.sweep()
    assert town.case(number)["state"] == "payable"
    pay(town, number, tmp_path / "out")
    town.sweep()
    assert town.case(number)["state"] == "closed"
    assert town.read("auditor", "funds")["funds"][0]["paid_yuan"] == "200000.00"
    assert town.json("verify")["ok"]


def pay(town: Town, number: str, out: Path) -> None:
    fund = ("--fund", f"{LEAD}:2026")
    town.by("allocator", "payments", "allocate", "算例 2026 年 1 号", *fund)
    town.by("maker", "payments", "prepare", *fund)
    (batch,) = town.read("checker", "payments", "list")["batches"]
    seen = ("--seen", batch["list_hash"])
    town.by("checker", "payments", "check", batch["number"], *seen)
    town.by("releaser", "payments", "release", batch["number"], *seen)
    town.by("maker", "payments", "export", batch["number"], "--to", out)
    assert [path for path in out.iterdir() if path.stat().st_mode & 0o077] == [] and len(list(out.iterdir())) == 2
    answer = out / "result.csv"
    with answer.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["指令编号", "结果", "金额", "收款账号", "原因"])
        rows.writerow([f"{number}-A1", "成功", "200000.00", "62220000123456789", ""])
    town.by("reconciler", "payments", "import", answer)


def test_deadlines_in_a_year_without_holidays_are_provisional_until_its_notice_comes(town: Town) -> None:
    town.at("2026-12-28T10:00:00")
    number = filed(town)
    town.sweep()
    (before,) = town.read("auditor", "cases")["cases"]
    assert (before["number"], before["next_duty"], before["due_provisional"]) == (number, "acceptor", True)
    assert "（暂定）" in town.by("auditor", "cases")
    notice = "日期,安排,通知文号\n2027-01-01,放假,算例通知\n2027-01-04,放假,算例通知\n"
    town("holidays", "import", town.write("2027.csv", notice), "--year", "2027")
    (after,) = town.read("auditor", "cases")["cases"]
    assert not after["due_provisional"] and "2027-01-06" in town.by("auditor", "cases"), (
        "29, 30, 31 December, 5, 6 January"
    )
    assert "暂定" not in town.by("auditor", "cases")


def test_the_doctor_is_red_without_the_policy_and_green_on_its_window_with_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def filing() -> list[str]:
        found = json.loads(town.run("doctor", "--json").stdout)["findings"]
        return [finding["level"] for finding in found if finding["id"] == "filing"]

    assert filing() == ["ok"]
    monkeypatch.setenv("DUIXIAN_POLICIES", "")
    assert filing() == ["fail"] and town.run("doctor").exit_code == 3
    monkeypatch.setenv("DUIXIAN_POLICIES", f"{ROOT / 'docs' / 'examples' / 'policies'}{os.pathsep}")
    town.at("2027-06-30T23:59:00")
    assert filing() == ["ok"]
    town.at("2027-07-01T00:00:01")
    assert filing() == ["fail"]
    claim = town.write("claim.json", CLAIM)
    assert "截止" in town.by("applicant", "file", "M4a", "--claim", claim, "--policy", POLICY, exit=1)
