"""The law: every policy as a value. Pure Python; no engine, no database, no network, no clock."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from policies.built_in import BUILT_IN

if TYPE_CHECKING:
    from policies.finding import Found, WrongPolicies
    from policies.policy import Policy

_registered: dict[str, Policy] = {}
# DUIXIAN_POLICIES as it was searched, the policies found, and what cannot be used.
_outside: tuple[str | None, dict[str, Found], list[WrongPolicies]] = (None, {}, [])


class NoPolicy(LookupError):
    """No policy of this code can be used here; says in both languages which can, and why others cannot."""

    def __init__(self, code: str, known: Iterable[str], wrong: Iterable[WrongPolicies]) -> None:
        listed, broken = "、".join(sorted(known)), tuple(wrong)
        zh = f"没有政策 {code}（现有：{listed}）：请安装其程序包，或用 DUIXIAN_POLICIES 指明它在哪里"
        en = f"there is no policy {code} (known: {listed}): install its package, or name its place in DUIXIAN_POLICIES"
        self.zh = "。不能使用：".join((zh, *(one.zh for one in broken)))
        self.en = ". Cannot be used: ".join((en, *(one.en for one in broken)))
        super().__init__(self.zh)


def get(code: str) -> Policy:
    """A policy by its code; an unknown one raises NoPolicy (a LookupError) naming those that exist and those that are broken."""
    if code not in _registered and code in BUILT_IN:
        register(import_module(BUILT_IN[code]).POLICY)
    if code in _registered:
        return _registered[code]
    if code not in outside():
        raise NoPolicy(code, {*BUILT_IN, *_registered, *outside()}, unusable())
    return outside()[code].policy


def register(policy: Policy) -> Policy:
    """Add a policy; the same code twice is refused unless it is the same policy."""
    if _registered.get(policy.code, policy) != policy:
        raise ValueError(f"政策代码 {policy.code} 已被使用")
    _registered[policy.code] = policy
    return policy


def all_policies() -> tuple[Policy, ...]:
    """Every policy: built-in first, then those found outside, then those registered by hand."""
    return tuple(get(code) for code in {**BUILT_IN, **outside(), **_registered})


def outside() -> dict[str, Found]:
    """The policies from outside that can be used, by code: those that DUIXIAN_POLICIES names, and installed packages."""
    return _searched()[1]


def unusable() -> tuple[WrongPolicies, ...]:
    """Why the others cannot be used."""
    return tuple(_searched()[2])


def search_again() -> None:
    """Forget what was found, where packages or files have come or gone."""
    global _outside
    _outside = (None, {}, [])


def _searched() -> tuple[str | None, dict[str, Found], list[WrongPolicies]]:
    """What was found; searched anew only when the variable changes."""
    global _outside
    setting = os.environ.get("DUIXIAN_POLICIES", "")
    if setting != _outside[0]:
        found: dict[str, Found] = {}
        wrong: list[WrongPolicies] = []
        before, _outside = _outside, (setting, found, wrong)  # a renewal asks for what it renews while they are loaded
        try:
            _search(setting, found, wrong)
        except BaseException:
            _outside = before
            raise
    return _outside


def _search(setting: str, found: dict[str, Found], wrong: list[WrongPolicies]) -> None:
    from policies.finding import WrongPolicies, everything

    twins: dict[str, list[Found]] = {}
    for one in everything(setting):
        if isinstance(one, WrongPolicies):
            wrong.append(one)
        elif found.setdefault(one.policy.code, one).file != one.file:
            twins.setdefault(one.policy.code, [found[one.policy.code]]).append(one)
    for code, several in twins.items():  # which of them holds is not ours to guess
        del found[code]
        where = "、".join(f"{one.place}（{one.file}）" for one in several)
        zh = f"政策代码 {code} 有 {len(several)} 个政策使用：{where}。均不采用，请去掉其余的，或另取代码"
        en = f"{len(several)} policies have the code {code} ({where}): none is used, remove all but one or choose another"
        wrong.append(several[-1].origin.wrong(zh, en))
