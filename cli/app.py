"""`duixian`: every command of the house by name. Only the one that is called is imported and built."""

from __future__ import annotations

from typing import Any

from cli.house import group
from cli.tree import Root

# module of cli -> the commands in it that stand at the top
FLAT = {
    "operations": ("init", "demo", "serve", "web", "advance", "doctor", "verify"),
    "measures": ("measures", "item"),
    "quote": ("quote",),
    "intake": ("file", "template", "import"),
    "cases": ("cases", "case", "inbox", "status"),
    "acts": ("act", "withdraw"),
    "notices": ("notices",),
    "funds": ("funds",),
    "backup": ("restore",),
    "observe": ("health", "metrics"),
    "deploy": ("deploy", "engine", "worker", "trigger"),
}
# group -> the module and the name in it
GROUPS = {
    "payments": "payment_lists:app",  # the last file of its commands: it imports the others
    "rates": "rates:app",
    "rankings": "rankings:app",
    "facts": "facts:app",
    "retention": "retention:app",
    "programme": "programmes:app",
    "evidence": "evidence:app",
    "enterprise": "parties:enterprise",
    "accounts": "parties:accounts",
    "benefits": "benefits:app",
    "comparisons": "comparisons:app",
    "units": "people:units",
    "people": "people:people",
    "roles": "duties:roles",
    "delegations": "duties:delegations",
    "tokens": "people:tokens",
    "clock": "clock:clock",
    "budgets": "funds:budgets",
    "holidays": "funds:holidays",
    "parameters": "parameters:parameters",
    "settings": "parameters:settings",
    "policy": "policy_commands:app",
    "rules": "rules:app",
    "messages": "messages:app",
    "contacts": "contacts:contacts",
    "preferences": "contacts:preferences",
    "jobs": "jobs:jobs",
    "db": "operations:db",
    "backup": "backup:backup",
    "audit": "operations:audit",
    "channels": "channels:channels",
}


class Duixian(Root):
    """The outermost group."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(FLAT, GROUPS, **attributes)


app = group(
    "兑现 Duixian：政策兑现的申报、审核与拨付（DUIXIAN_LANG=en 切换为英文）",
    "Duixian: approvals and payments for a district's industrial-support policy (DUIXIAN_LANG=zh for Chinese)",
    cls=Duixian,
)


@app.callback()
def root() -> None:
    """Nothing of its own: commands do the work."""


def main() -> None:
    """The entry point."""
    import sys

    from deployments.observe.logs import Log

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # what a console cannot show is "?", and no fault of the act
    Log(form="console", level="WARNING").start()
    app()
