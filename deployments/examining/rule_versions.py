"""Whether the rules that cases were filed under are installed, and are what they were."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import col

from casework.shared.home import Home
from deployments.finding import DoctorFinding
from models import RuleVersion
from policies import get
from policies.versions import NotInstalled


def rules(home: Home) -> Iterator[DoctorFinding]:
    """Every version that was ever bound; its cases are not priced by another one."""
    columns = (col(RuleVersion.policy), col(RuleVersion.item), col(RuleVersion.version), col(RuleVersion.digest))
    with home.store().read() as work:
        used = list(work.execute(select(*columns).order_by(*columns)))
    wrong = 0
    for policy, item, version, digest in used:
        wrong += 1
        try:
            get(policy).bound_item(item, version, digest)
            wrong -= 1
        except NotInstalled as gap:
            zh = f"{policy} {gap.zh}：该版本的案件停办，请恢复原版本；规则变更应另加版本（duixian rules add）"
            yield DoctorFinding(
                "rules", "fail", zh, f"{policy}: {gap.en}: its cases stand still; bring it back, add a version"
            )
        except LookupError as gone:
            yield DoctorFinding(
                "rules", "fail", f"{gone}：其案件停办，请重新安装", f"policy {policy} or {item} is not installed"
            )
    if not wrong:
        yield DoctorFinding(
            "rules",
            "ok",
            f"用过的 {len(used)} 个规则版本均已安装且未改动",
            f"all {len(used)} rule versions used are here",
        )
