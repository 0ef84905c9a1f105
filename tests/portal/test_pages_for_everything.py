"""Every act and every command that changes something has its page; what stays at the terminal is listed, here and in the docs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from fastapi.routing import APIRoute

from casework.act_forms import CASE_FORMS, PAYMENT_FORMS
from casework.lifecycle.transitions import TABLE
from cli.app import app
from models import Duty
from support import tree
from web import pages

DO, LISTS, STEP, VALUE = (
    "/desk/cases/{number}/do/{action}",
    "/desk/lists",
    "/pay/batches/{number}/{step}",
    "/desk/parameters",
)
# Acts of an applicant; those of officers have `DO`.
OWN_ACTS = {
    "file": "/apply/{number}/check",
    "withdraw": "/my/cases/{number}/withdraw",
    "report": "/my/cases/{number}/report",
}
MANY_ACTS = {
    "allocate": "/pay/allocate", "prepare": "/pay/prepare", "check_batch": STEP, "approve": STEP, "release": STEP,
    "reject_batch": STEP,
}  # fmt: skip
# Commands that change something, and the address whose form does the same.
WITH_PAGE = {
    "file": OWN_ACTS["file"], "withdraw": OWN_ACTS["withdraw"], "act": DO, "programme plan": OWN_ACTS["file"],
    "programme report": OWN_ACTS["report"], "programme review": DO, "evidence add": "/apply/{number}/evidence",
    "payments allocate": "/pay/allocate", "payments prepare": "/pay/prepare", "payments check": STEP,
    "payments approve": STEP, "payments release": STEP, "payments reject": STEP,
    "payments export": "/pay/batches/{number}/export", "payments import": "/pay/import",
    "payments match": "/pay/unmatched/{result}", "payments offline": DO, "comparisons decide": DO,
    "benefits add": "/desk/benefits/new", "benefits import": "/desk/benefits/import",
    "benefits returned": "/desk/benefits/{benefit}/returned", "delegations add": "/desk/team/delegations",
    "delegations end": "/desk/team/delegations/{delegation}/end", "budgets add": "/pay/funds", "budgets cut": "/pay/funds/cut",
    "budgets import": "/pay/funds/import", "delegations import": "/desk/team/import",
    "holidays add": "/ops/holidays", "holidays import": "/ops/holidays/import",
    "rates add": "/desk/rates", "rates import": "/desk/rates/import",
    "rankings enter": "/desk/rankings", "rankings import": "/desk/rankings/import",
    "rankings correct": "/desk/rankings/{policy}/{as_of}",
    "retention propose": "/desk/retention", "retention run": "/desk/retention/{proposal}",
    "retention reject": "/desk/retention/{proposal}",
    "jobs run": "/ops/jobs/{kind}", "jobs skip": "/ops/jobs/{kind}", "messages resend": "/ops/resend", "units add": "/ops/units",
    "people add": "/ops/people", "accounts enter": "/my/firm/account", "contacts add": "/my/firm/addresses",
    "accounts verify": "/desk/verify/accounts/{account}", "contacts verify": "/desk/verify/addresses/{contact}",
    "accounts reject": "/desk/verify/accounts/{account}/reject", "contacts reject": "/desk/verify/addresses/{contact}/reject",
    "contacts end": "/account/addresses/{contact}/end", "preferences set": "/account/messages",
    "import": "/desk/applications/import", "facts certify": "/desk/facts", "evidence seen": "/desk/cases/{number}/off-line/{slot}",
    "enterprise add": "/desk/parties/new", "enterprise import": "/desk/parties/import", "contacts import": "/desk/addresses/import",
    **{f"enterprise {word}": f"/desk/parties/{{party}}/{word}" for word in ("rename", "correct", "merge")},
    **dict.fromkeys(("enterprise confirm", "enterprise reject"), "/desk/parties/changes/{change}"),
    **dict.fromkeys(("people close", "people enrol", "people unfactor", "roles add", "roles revoke"), "/ops/people/{login}"),
    **{f"{group} set": VALUE + "/{policy}/{name}" for group in ("parameters", "settings")},
    **{
        f"{group} {word}": VALUE + "/proposals/{proposal}"
        for group in ("parameters", "settings") for word in ("confirm", "reject")
    },
}  # fmt: skip
# What only reads.
READS = """
doctor verify measures item quote template cases case inbox status notices funds health metrics
payments show, payments list, payments waiting, payments unmatched, payments overdue, payments reconcile, rates list,
rankings list, rankings show, facts write, retention list, programme list, programme indicator, evidence list, evidence show,
evidence check, enterprise list, enterprise changes, accounts list, benefits list, comparisons list, units list, people list,
roles list, delegations list, tokens list, clock show, budgets list, holidays list, parameters list, parameters form,
settings list, settings form, policy list, policy show, policy check, rules list, rules compare, messages preview, messages list,
messages show, messages dead, contacts list, preferences show, jobs history, jobs watch, audit export, audit head,
channels list, channels test, channels services, backup verify
"""
# What operators do at the machine.
AT_THE_MACHINE = """
init demo serve web advance restore deploy engine worker trigger
db upgrade, db roles, backup create, messages deliver, channels add, clock set, policy new, rules add, tokens make, tokens revoke,
people import, units import, roles import
"""


def named(text: str) -> set[str]:
    """The names of a list: the first line's by blanks, the others by commas."""
    first, _, rest = text.strip().partition("\n")
    return {*first.split(), *(" ".join(name.split()) for name in rest.replace("\n", " ").split(",") if name.strip())}


def commands() -> Iterator[str]:
    """Every command by its words."""

    def walk(words: tuple[str, ...], command: Any) -> Iterator[str]:
        below = getattr(command, "commands", None)
        if below is None:
            yield " ".join(words)
        for word, further in (below or {}).items():
            yield from walk((*words, word), further)

    yield from walk((), typer.main.get_command(app))


def forms() -> set[str]:
    """Every address to which a form is sent."""
    found = [route for router in pages.routers() for route in router.routes if isinstance(route, APIRoute)]
    return {route.path for route in found if "POST" in route.methods}


def test_every_command_that_changes_something_has_a_page_or_stays_at_the_machine() -> None:
    groups = (set(WITH_PAGE), named(READS), named(AT_THE_MACHINE))
    assert sum(map(len, groups)) == len(set.union(*groups))  # each stands in one of them
    assert set.union(*groups) == set(commands())
    assert set(WITH_PAGE.values()) <= forms()


def test_every_act_has_a_page_for_each_duty_that_may_do_it() -> None:
    addresses = forms()
    for word in CASE_FORMS:
        duties = {move.duty for move in TABLE if move.action == word}
        assert duties, word
        if duties - {Duty.APPLICANT, Duty.SYSTEM}:
            assert DO in addresses
        if Duty.APPLICANT in duties:
            assert OWN_ACTS[word] in addresses, word
    assert PAYMENT_FORMS.keys() == MANY_ACTS.keys() and set(MANY_ACTS.values()) <= addresses


def test_the_portals_page_lists_what_stays_at_the_terminal() -> None:
    page = tree.text(Path("docs/portal.md"))
    (listed,) = re.findall(r"## What stays at the terminal\n\n.*?\n\n(.*?)\n\n", page, flags=re.DOTALL)
    assert set(re.findall(r"`duixian ([^`]+)`", listed)) == named(AT_THE_MACHINE)
