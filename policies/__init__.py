"""The law: every policy as a value. Pure Python; no engine, no database, no network, no clock."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.policy import Policy

BUILT_IN = {"XZ2023": "policies.xiuzhou_2023"}  # code -> package, loaded when first asked for
_registered: dict[str, Policy] = {}


def get(code: str) -> Policy:
    """A policy by its code; an unknown one raises LookupError naming those that exist."""
    if code not in _registered and code in BUILT_IN:
        register(import_module(BUILT_IN[code]).POLICY)
    if code not in _registered:
        raise LookupError(f"没有政策 {code}；现有：{'、'.join(sorted({*BUILT_IN, *_registered}))}")
    return _registered[code]


def register(policy: Policy) -> Policy:
    """Add a policy; the same code twice is refused unless it is the same policy."""
    if _registered.get(policy.code, policy) != policy:
        raise ValueError(f"政策代码 {policy.code} 已被使用")
    _registered[policy.code] = policy
    return policy


def all_policies() -> tuple[Policy, ...]:
    """Every policy, built-in first."""
    return tuple(get(code) for code in {**BUILT_IN, **_registered})
