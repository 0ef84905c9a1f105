"""Which policy a command is about: the one that is named, else the one in force on the business date. The answer says which."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from cli import home, output
from cli.errors import wrong_use
from cli.house import option
from cli.language import t

PolicyCode = Annotated[
    str | None,
    option(
        "--policy",
        zh="政策代码；不写时用业务日期当日唯一有效的政策",
        en="the policy's code; by default the one in force on the business date",
        metavar="CODE",
    ),
]

CaseOf = Annotated[str | None, option("--policy", zh="只看一个政策的", en="of one policy only", metavar="CODE")]


def policy_named(code: str | None, day: date | None = None) -> Any:
    """The policy of a code in any case of letters; of none, the only one there is, or the one in force (on `day`)."""
    import policies

    if code is None:
        chosen = _default(day)
    else:
        try:
            chosen = policies.get(code.strip().upper())
        except policies.NoPolicy as error:
            raise wrong_use("policy", error.zh, error.en, field="--policy") from error
    output.about(chosen.code)
    return chosen


def policy_to_change(code: str | None) -> Any:
    """The policy whose values are set; where there are several, none is taken for granted."""
    import policies

    known = policies.all_policies()
    if code is None and len(known) > 1:
        listed = _listed(known)
        zh = f"已安装 {len(known)} 个政策（{listed}）：请用 --policy 指明改的是哪一个"
        raise wrong_use(
            "policy", zh, f"several policies are installed ({listed}): say which with --policy", field="--policy"
        )
    return policy_named(code)


def business_day() -> date:
    """The store's business date; today's where there is no store at hand."""
    from models.clock import business_date, real_now

    try:
        with home.opened().read() as work:
            return work.today
    except Exception:  # what needs a store says so itself; here only its date is asked for
        return business_date(real_now())


def _default(day: date | None) -> Any:
    import policies

    known = policies.all_policies()
    if len(known) == 1:
        return known[0]
    today = day or business_day()
    held = [policy for policy in known if policy.holds_on(today)]
    if len(held) == 1:
        return held[0]
    listed = _listed(held or known)
    if held:
        zh, en = (
            f"{today} 有 {len(held)} 个政策同时有效：{listed}",
            f"several policies are in force on {today}: {listed}",
        )
    else:
        zh, en = f"{today} 没有有效的政策；已安装：{listed}", f"no policy is in force on {today}; installed: {listed}"
    raise wrong_use("policy", f"{zh}。请用 --policy 指明", f"{en}. Say which with --policy", field="--policy")


def _listed(known: Any) -> str:
    return t("、", ", ").join(f"{policy.code}（{policy.opens} – {policy.closes}）" for policy in known)
