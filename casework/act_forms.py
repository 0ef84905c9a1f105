"""The form of every act, in one typed description, and the one parser of what comes back: for pages, lists and the command line.

    form = CASE_FORMS["decide"]                # by the action's word; PAYMENT_FORMS for acts on many cases (allocate, prepare …)
    form.label.zh, form.label.en               # 审定, decide
    for field in form.fields:                  # name, kind, label, hint, required, choices, source, hidden: see `ActField`
        ...
    try:
        command = parse("decide", {"amount": "150,000.50", "reason": "核减", "seen": "7", "act_id": "…"}, by=person, case=case)
    except WrongForm as wrong:                 # every fault at once
        for fault in wrong.faults:
            fault.field, fault.label.zh, fault.zh, fault.en, fault.missing
    receipt = command_handler.act(store, command)

Who acts and on which case is never read from the form: the caller says so (`by`, `case`). Values come as text or several texts, as
a browser sends them; a bool, a number or an object will do too. What is blank is not given; a name that the act does not know is a
fault. Whether the act is allowed, and whether its content suits the case, is the act's own to say (`Refused`, with `field`).

The fields stand on the commands (`lifecycle/commands.py`, `payments/commands.py`); no act is described here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from casework.forms.act_fields import ActField, fields_of
from casework.forms.act_values import read
from casework.forms.form_fields import Fault, WrongForm
from casework.lifecycle import commands as case_commands
from casework.lifecycle.commands import Act
from casework.payments import commands as payment_commands
from casework.payments.commands import PaymentCommand
from policies.forms import Text

__all__ = [
    "CASE_FORMS",
    "PAYMENT_FORMS",
    "ActField",
    "ActForm",
    "Fault",
    "WrongForm",
    "act_named",
    "parse",
    "parse_payment",
]

Command = TypeVar("Command", Act, PaymentCommand)


@dataclass(frozen=True, kw_only=True)
class ActForm(Generic[Command]):
    """What one act asks: its word and names, its command, and its fields in order (hidden ones first). `typed`: its short word."""

    word: str
    typed: str
    label: Text
    command: type[Command]
    fields: tuple[ActField, ...]


def _form(command: type[Command]) -> ActForm[Command]:
    action, own = command.action, vars(command)
    word = str(own.get("word", action)) if issubclass(command, PaymentCommand) else str(action)
    label = Text(str(own.get("zh", action.zh)), word.replace("_", " "))
    return ActForm(word=word, typed=command.word or word, label=label, command=command, fields=fields_of(command))


def _commands(module: ModuleType, kind: type[Command]) -> Mapping[str, ActForm[Command]]:
    """The forms of a module's commands, in its order."""
    found = (var for var in vars(module).values() if isinstance(var, type) and issubclass(var, kind))
    forms = [_form(command) for command in found if "action" in vars(command)]
    return MappingProxyType({form.word: form for form in forms})


CASE_FORMS: Mapping[str, ActForm[Act]] = _commands(case_commands, Act)
PAYMENT_FORMS: Mapping[str, ActForm[PaymentCommand]] = _commands(payment_commands, PaymentCommand)


def act_named(text: str) -> ActForm[Act] | None:
    """The act on a case that a word means: its own, the one that is typed, or its Chinese name; None where there is none."""
    wanted = text.strip().lower()
    return next((form for form in CASE_FORMS.values() if wanted in (form.word, form.typed, form.label.zh)), None)


def parse(
    action: str,
    raw: Mapping[str, Any],
    *,
    by: UUID,
    case: UUID,
    act_id: UUID | None = None,
    complete: bool = True,
    shown: Callable[[str], str] = str,
) -> Act:
    """The command of an act on one case; WrongForm with every fault, in both languages. KeyError: no such act.

    `act_id` counts where the form carries none; without either a fresh one is made. `complete=False` leaves missing texts to the
    act itself; `shown` says how a field's name is written where it came from.
    """
    form = CASE_FORMS[action]
    found = read(form.fields, raw, complete=complete, shown=shown)
    return form.command(**{"act_id": act_id or uuid4(), **found}, case=case, by=by)


def parse_payment(
    action: str, raw: Mapping[str, Any], *, by: UUID, act_id: UUID | None = None, shown: Callable[[str], str] = str
) -> PaymentCommand:
    """The command of an act on many cases, read as `parse` reads; cases by their ids, a fund as UNIT:YEAR or UNIT:YEAR:POLICY."""
    form = PAYMENT_FORMS[action]
    found = read(form.fields, raw, shown=shown)
    return form.command(**{"act_id": act_id or uuid4(), **found}, by=by)
