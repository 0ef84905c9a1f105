"""The command tree, built branch by branch when somebody asks for it: building all of it costs half a second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command_from_info, get_group

from cli.house import HouseGroup


class Tree(MutableMapping[str, Any]):
    """Name → command; each is imported and built at its first use."""

    def __init__(self, flat: Mapping[str, Sequence[str]], groups: Mapping[str, str]) -> None:
        self._flat = {name: module for module, names in flat.items() for name in names}
        self._groups = dict(groups)
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter((*self._flat, *self._groups))

    def __len__(self) -> int:
        return len(self._flat) + len(self._groups)

    def summaries(self) -> list[tuple[str, str]]:
        """Each name with its help, without building anything."""
        flat = [(name, str(_info(self._app(name), name).help)) for name in self._flat]
        return flat + [(name, str(self._app(name).info.help)) for name in self._groups]

    def _app(self, name: str) -> typer.Typer:
        module, _, attribute = (self._groups.get(name) or f"{self._flat[name]}:app").partition(":")
        found: typer.Typer = getattr(import_module(f"cli.{module}"), attribute)
        return found

    def _build(self, name: str) -> Any:
        if name in self._groups:
            return get_group(self._app(name))
        if name in self._flat:
            info = _info(self._app(name), name)
            return get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)
        raise KeyError(name)


def _info(app: typer.Typer, name: str) -> Any:
    return next(registered for registered in app.registered_commands if registered.name == name)


class Root(HouseGroup):
    """A group over such a tree."""

    def __init__(self, flat: Mapping[str, Sequence[str]], groups: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Tree(flat, groups)
