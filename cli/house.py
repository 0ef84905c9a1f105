"""How every command of the house is declared and run: help, errors, exit codes, interrupts and broken pipes in one place."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from cli import errors, help, output
from cli.language import t

Function = TypeVar("Function", bound=Callable[..., Any])
Json = Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "print JSON"))]
Person = Annotated[str | None, typer.Option("--as", metavar=t("登录名", "LOGIN"), help=t("以谁的身份办理", "who acts"))]
Secret = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="DUIXIAN_TOKEN",
        metavar=t("令牌", "TOKEN"),
        help=t(
            "个人令牌；不给时按操作系统用户认人", "a personal token; without one the operating system's user counts"
        ),
    ),
]


class HouseCommand(TyperCommand):
    """A command with the house's help page."""

    def get_help(self, ctx: Any) -> str:
        return help.page(self, ctx)


class ReaderGone(Exception):
    """The reader of our output has gone (`| head`)."""


class HouseGroup(TyperGroup):
    """A group of commands; the outermost one turns every exception into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def get_help(self, ctx: Any) -> str:
        return help.page(self, ctx)

    def main(self, *args: Any, **extra: Any) -> Any:
        wanted = args[0] if args else extra.pop("args", None)
        given = list(sys.argv[1:] if wanted is None else wanted)
        extra |= {"prog_name": "duixian", "standalone_mode": False}
        before = os.umask(0o077)  # whatever a command or what it starts writes is its user's alone
        try:
            sys.exit(_run(lambda: super(HouseGroup, self).main(given, **extra), given))
        except (BrokenPipeError, ReaderGone):
            _close_stdout()
            sys.exit(errors.DONE)
        finally:
            os.umask(before)


def _run(command: Callable[[], Any], given: Sequence[str]) -> int:
    """The exit code of a command, its message shown."""
    output.about("")
    try:
        code = command()
        if "--json" not in given:
            output.say_policy()
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        code = errors.INTERRUPTED
    except (BrokenPipeError, ReaderGone, SystemExit):
        raise
    except BaseException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error, end="")
            return errors.WRONG_USE
        trouble = errors.trouble_of(error)
        errors.show(trouble, as_json="--json" in given)
        return trouble.exit_code
    if code == errors.INTERRUPTED:
        print(t("已中断；已完成的办理都已保存", "stopped; what was done is saved"), file=sys.stderr)
    return code if isinstance(code, int) else errors.DONE


def _close_stdout() -> None:
    """The reader has gone (`| head`): nothing more is written, not even at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return


def group(zh: str, en: str, name: str | None = None, cls: type[HouseGroup] = HouseGroup) -> typer.Typer:
    """An application or a group of commands."""
    return typer.Typer(
        name=name,
        help=t(zh, en),
        cls=cls,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def command(app: typer.Typer, name: str, zh: str, en: str) -> Callable[[Function], Function]:
    """Declares a command with its help in two languages."""
    return app.command(name, help=t(zh, en), cls=HouseCommand)


def option(*names: str, zh: str, en: str, metavar: str | None = None, **more: Any) -> Any:
    """An option with its help in two languages, for `Annotated`."""
    return typer.Option(*names, help=t(zh, en), metavar=metavar, **more)


def argument(zh: str, en: str, metavar: str | None = None, **more: Any) -> Any:
    """An argument with its help in two languages, for `Annotated`."""
    return typer.Argument(help=t(zh, en), metavar=metavar, **more)
