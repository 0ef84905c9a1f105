"""The law: every policy as a value. Pure Python; no engine, no database, no network, no clock."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.finding import Found
    from policies.policy import Policy

BUILT_IN = {"XZ2023": "policies.xiuzhou_2023"}  # code -> package, loaded when first asked for
_registered: dict[str, Policy] = {}
_outside: tuple[str, dict[str, Found]] = ("", {})  # DUIXIAN_POLICIES as it was searched, and what it held


def get(code: str) -> Policy:
    """A policy by its code; an unknown one raises LookupError naming those that exist, a broken place WrongPolicies."""
    if code not in _registered and code in BUILT_IN:
        register(import_module(BUILT_IN[code]).POLICY)
    if code in _registered:
        return _registered[code]
    if code not in outside():
        known = sorted({*BUILT_IN, *_registered, *outside()})
        raise LookupError(f"没有政策 {code}；现有：{'、'.join(known)}")
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
    """The policies that DUIXIAN_POLICIES names, by code; searched anew only when the variable changes."""
    global _outside
    setting = os.environ.get("DUIXIAN_POLICIES", "")
    if setting == _outside[0]:
        return _outside[1]
    before, found = _outside, dict[str, "Found"]()
    _outside = (setting, found)  # a policy that renews another may ask for it while they are being loaded
    try:
        _search(setting, found)
    except BaseException:
        _outside = before
        raise
    return found


def _search(setting: str, found: dict[str, Found]) -> None:
    from policies.finding import WrongPolicies, search

    for one in search(setting):
        code, there = one.policy.code, found.get(one.policy.code)
        if code in BUILT_IN or (there and there.file != one.file):
            where = there.place if there else "duixian"
            zh = f"政策代码 {code} 已由 {where} 使用，请另取代码"
            raise WrongPolicies(one.place, zh, f"the code {code} is taken by {where}: choose another")
        found.setdefault(code, one)
