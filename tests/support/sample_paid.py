"""A case of the sample policy from filing to payment by commands alone, in the environment of whoever runs this as a program.

`python -m support.sample_paid CODE FOLDER`: a demo store in FOLDER, its clock set, one cash case paid, backed up and brought back.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cli.app import app
from support.office import code as credit_code
from support.office import identity_number

LEAD, TREASURY = "示例经济局（虚构）", "示例财政局（虚构）"
PEOPLE = {
    "clerk": LEAD, "acceptor": LEAD, "certifier": LEAD, "amount_checker": LEAD, "decider": LEAD, "head": LEAD,
    "fund_officer": LEAD, "parameter_author": LEAD, "parameter_confirmer": LEAD, "auditor": LEAD, "allocator": TREASURY,
    "maker": TREASURY, "checker": TREASURY, "releaser": TREASURY, "reconciler": TREASURY,
}  # fmt: skip
PAYER = {
    "name": "示例财政局（虚构）",
    "bank": "算例银行",
    "account": "33001000000000001",
    "clearing_code": "102335000001",
}
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"
NEWER = ("--from", "2026-07-01", "--source", "算例通知", "--ceiling", "4")
FUND = ("--fund", f"{LEAD}:2026")


class CommandRunner:
    """Runs commands in one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._env = {"DUIXIAN_HOME": str(home), "DUIXIAN_DATABASE_URL": "", "DUIXIAN_LANG": "zh", "DUIXIAN_TOKEN": ""}

    def __call__(self, *arguments: object, exits: tuple[int, ...] = (0,)) -> str:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments], env=self._env)
        if done.exit_code not in exits or not isinstance(done.exception, (SystemExit, type(None))):
            raise SystemExit(f"{arguments}: exit {done.exit_code}\n{done.output}\n{done.exc_info}")
        return done.output

    def json(self, *arguments: object) -> Any:
        return json.loads(self(*arguments, "--json"))

    def by(self, who: str, *arguments: object) -> str:
        return self(*arguments, "--as", who)

    def sweep(self) -> None:
        self("jobs", "watch", exits=(0, 3))  # 3: no service runs here, and it moves everything all the same

    def state(self, number: str) -> str:
        return str(self.json("case", number, "--as", "auditor")["case"]["state"])


def furnish(desk: CommandRunner, code: str) -> None:
    """People, duties, a firm, money and the payer's account; all fictional."""
    desk("init", "--demo", "--policy", code)
    desk("clock", "set", "2026-03-02T09:00", "--back")
    firm = ("enterprise", "add", "算例纺织有限公司（虚构）", "--code", credit_code(7))
    desk(*firm, "--account", "62220000123456789", "--bank", "算例银行", "--clearing-code", "102335000002")
    for number, (duty, unit) in enumerate(PEOPLE.items(), start=1):
        desk("people", "add", duty, f"虚构{number}", "--identity", identity_number(number))
        desk("roles", "add", duty, duty, unit)
    desk("people", "add", "applicant", "虚构申报人", "--identity", identity_number(90), "--party", credit_code(7))
    (account,) = desk.json("accounts", "list")["accounts"]
    desk.by("fund_officer", "accounts", "verify", account["id"], "--paper", "算例开户许可")
    desk.by("fund_officer", "budgets", "add", LEAD, "2026", "1000", "--document", "算例预算 1 号")
    payer = desk.home / "payer.json"
    payer.write_text(json.dumps(PAYER, ensure_ascii=False), encoding="utf-8")
    value = ("--citation", "算例会议纪要", "--policy", code)
    desk.by("parameter_author", "settings", "set", "P-payer", f"@{payer}", *value)
    desk.by("parameter_confirmer", "settings", "confirm", "P-payer", "--policy", code)


def filed(desk: CommandRunner, code: str, project: str = "算例项目") -> str:
    """The sample's cash item: three machines."""
    invoice, claim = desk.home / "发票.pdf", desk.home / "claim.json"
    invoice.write_bytes(PDF)
    claim.write_text(json.dumps({"project": project, "machines": 3, "installed_on": "2026-02-01"}), encoding="utf-8")
    desk.by("applicant", "file", "M1", "--claim", claim, "--paper", f"invoice={invoice}", "--policy", code)
    return max(str(case["number"]) for case in desk.json("cases", "--as", "auditor")["cases"])


def decided(desk: CommandRunner, number: str) -> None:
    """From acceptance to the notice."""
    desk.sweep()
    facts = desk.home / "facts.json"
    certified = {"project": "算例项目", "machines": 3, "installed_on": "2026-02-01", "running": True}
    facts.write_text(json.dumps(certified), encoding="utf-8")
    for who, *action in (("acceptor", "accept"), ("certifier", "certify", "--facts", facts)):
        desk.by(who, "act", number, *action)
        desk.sweep()
    desk.by("amount_checker", "act", number, "confirm")
    desk.by("decider", "act", number, "decide", "--minutes", "算例纪要 9 号")
    desk.sweep()


def paid(desk: CommandRunner, number: str) -> None:
    """Allocated, ordered by three people, answered by the bank."""
    desk("clock", "set", "2026-03-20T09:00")
    desk.sweep()
    desk.by("allocator", "payments", "allocate", "算例 2026 年 1 号", *FUND)
    desk.by("maker", "payments", "prepare", *FUND)
    (batch,) = desk.json("payments", "list", "--as", "checker")["batches"]
    seen = ("--seen", batch["list_hash"])
    for who, act in (("checker", "check"), ("releaser", "release")):
        desk.by(who, "payments", act, batch["number"], *seen)
    out = desk.home / "out"
    desk.by("maker", "payments", "export", batch["number"], "--to", out)
    answer = out / "result.csv"
    with answer.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["指令编号", "结果", "金额", "收款账号", "原因"])
        rows.writerow([f"{number}-A1", "成功", "3.00", "62220000123456789", ""])
    desk.by("reconciler", "payments", "import", answer)
    desk.sweep()


def deployed(code: str) -> list[str]:
    """The flows of the policy's measures as a worker of the pool loads them: each by the entry point that is declared."""
    from prefect.flows import load_flow_from_entrypoint

    from deployments.declared import declared, measure_flows

    entrypoints = {deployment.flow_name: str(deployment.entrypoint) for deployment in declared()}
    flows = [flow for (policy, _), flow in measure_flows().items() if policy == code]
    return [load_flow_from_entrypoint(entrypoints[flow]).name for flow in flows]


def main(code: str, folder: Path) -> dict[str, Any]:
    """What the season came to."""
    desk = CommandRunner(folder / "home")
    listed = {policy["code"]: policy for policy in desk.json("policy", "list")["policies"]}
    checked = desk.json("policy", "check", code)
    furnish(desk, code)
    number = filed(desk, code)
    decided(desk, number)
    noticed = desk.state(number)
    paid(desk, number)
    kept = folder / "kept"
    made = desk.json("backup", "create", "--to", kept)
    desk("restore", made["file"], "--into", folder / "back")
    return {
        "source": listed[code],
        "checked": checked["ok"],
        "number": number,
        "states": [noticed, desk.state(number), CommandRunner(folder / "back").state(number)],
        "paid_yuan": desk.json("funds", "--as", "auditor")["funds"][0]["paid_yuan"],
        "verified": desk.json("verify")["ok"],
        "backup": made["file"],
        "version": desk("rules", "add", "M1", *NEWER, "--policy", code, exits=(2,)),
        "deployed": deployed(code),
        "waiting": filed(desk, code, "又一算例项目"),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2])), ensure_ascii=False))
