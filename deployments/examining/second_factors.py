"""Whether those who decide about money or rights need more than a password."""

from collections.abc import Iterator

from casework.shared.home import Home
from casework.views.factor_duties import without_factor
from deployments.finding import DoctorFinding
from web.portal_settings import factor_word, requires_factor

SHOWN = 10


def second_factors(home: Home) -> Iterator[DoctorFinding]:
    """Officers who can sign in to the portal without a second factor; a rehearsal that asks for none is not examined."""
    store = home.store()
    required = requires_factor(factor_word(), demo=store.demo)
    if not required and store.demo:
        return
    lacking = without_factor(store)
    if not required:
        zh = "DUIXIAN_WEB_SECOND_FACTOR=offered：审定、放行等操作可以只凭密码办理；请删去该设置，或改为 required"
        en = "DUIXIAN_WEB_SECOND_FACTOR=offered: a password alone decides and releases; unset it, or set it to required"
        yield DoctorFinding("second-factors", "warn", zh, en)
    if lacking:
        names = [f"{officer.name}（{officer.login}）" for officer in lacking[:SHOWN]]
        logins = ", ".join(officer.login for officer in lacking[:SHOWN])
        more = len(lacking) - len(names)
        zh = f"决定资金或权利而没有第二验证的人员 {len(lacking)} 名：{'、'.join(names)}" + (
            f"等，另有 {more} 名" if more else ""
        )
        en = f"{len(lacking)} officers who decide about money or rights have no second factor: {logins}" + (
            f" and {more} more" if more else ""
        )
        zh += "；请其登录网站，在“我的账号”中设置" + ("，此前只能查看，不能办理这类事项" if required else "")
        en += "; they set one up under My account" + (", and cannot do such acts before" if required else "")
        yield DoctorFinding("second-factors", "warn", zh, en)
    elif required:
        zh, en = "决定资金或权利的人员都有第二验证", "whoever decides about money or rights has a second factor"
        yield DoctorFinding("second-factors", "ok", zh, en)
