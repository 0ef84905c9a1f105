"""The options of `act`: those of the acts' forms, each with the acts that take it, and what is certified as claimed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from casework.act_forms import CASE_FORMS, ActField
from cli.house import option
from policies.forms import Text

_FLAGS = {"indicators": "indicator"}  # a list on the command line is given one by one
_METAVAR = {"form": "FILE", "money": "YUAN", "date": "DATE", "choice": "WORD", "figures": "NAME=VALUE"}
_MORE = {"form": ("JSON 文件", "JSON file"), "lines": ("可多次", "repeat"), "figures": ("可多次", "repeat")}
_TYPES: Mapping[str, Any] = {"flag": bool, "count": int | None, "lines": list[str] | None, "figures": list[str] | None}
_MANY = 4  # acts that are named in an option's help


@dataclass(frozen=True)
class ActOption:
    """One option, and the acts (by what is typed) that take it."""

    name: str
    field: ActField
    acts: tuple[str, ...]

    @property
    def annotation(self) -> Any:
        """The option with its help, as a parameter of a command."""
        field, kind = self.field, self.field.kind
        label = field.contrary_label if field.contrary else field.label
        acts, more = self.acts if len(self.acts) <= _MANY else (), _MORE.get(kind, ("", ""))
        zh = "；".join(part for part in ("、".join(acts), field.hint.zh, more[0]) if part)
        en = "; ".join(part for part in (", ".join(acts), field.hint.en, more[1]) if part)
        zh, en = label.zh + (f"（{zh}）" if zh else ""), label.en + (f" ({en})" if en else "")
        made = option(flag_of(self.name), zh=zh, en=en, metavar=_METAVAR.get(kind))
        return Annotated[_TYPES.get(kind, str | None), made]


def flag_of(name: str) -> str:
    """How a field is written on the command line."""
    return f"--{_FLAGS.get(name, name).replace('_', '-')}"


# The words of `act`: what is typed and its Chinese name; an act with a command of its own is known, and not offered.
OFFERED = {form.typed: form.label.zh for form in CASE_FORMS.values() if not form.command.elsewhere}


def _options() -> dict[str, ActOption]:
    found: dict[str, ActOption] = {}
    for form in CASE_FORMS.values():
        typed = (form.typed,) if form.typed in OFFERED else ()
        for field in form.fields:
            name = field.contrary or field.name
            known = found.get(name, ActOption(name, field, ()))
            found[name] = ActOption(name, known.field, known.acts + typed)
    return dict(sorted(found.items(), key=lambda item: item[1].field.hidden))


OPTIONS = _options()
CLAIMED = ActField(
    name="as_claimed",
    attribute="as_claimed",
    kind="flag",
    label=Text("按申报内容认定", "as claimed"),
    hint=Text("", ""),
)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with these options as parameters in the place of its `**given`."""
    known = inspect.signature(command, eval_str=True).parameters
    own = [parameter for parameter in known.values() if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
    more = [
        inspect.Parameter(
            option_.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if option_.field.kind == "flag" else None,
            annotation=option_.annotation,
        )
        for option_ in OPTIONS.values()
    ]
    last = own.pop()  # --json stays behind them
    listed = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own, *more, last)]
    made: Any = command
    made.__signature__ = inspect.Signature(listed)
    made.__annotations__ = {parameter.name: parameter.annotation for parameter in listed}
    return command
