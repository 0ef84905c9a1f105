"""How the values of one name stand: what who proposes or confirms one has looked at, so that nothing changes unseen between."""

from sqlalchemy import select
from sqlmodel import col

from casework.shared.errors import Refused
from models import ParameterValue
from models.unit_of_work import UnitOfWork, content_hash


def standing(work: UnitOfWork, policy: str, name: str) -> str:
    """A mark of the values of a name that are in force or proposed; another one as soon as any of them is another."""
    columns = (col(ParameterValue.id), col(ParameterValue.status), col(ParameterValue.valid_to))
    mine = select(*columns).where(col(ParameterValue.policy) == policy, col(ParameterValue.parameter) == name)
    rows = work.execute(mine.where(col(ParameterValue.status).in_(["proposed", "confirmed"]))).all()
    return content_hash("\n".join(sorted(f"{row.id} {row.status} {row.valid_to}" for row in rows)))


def refuse_stale(work: UnitOfWork, policy: str, name: str, seen: str) -> None:
    """Refuses where the values of a name are others by now than those that were looked at; "" was not bound to any."""
    if seen and seen != standing(work, policy, name):
        zh = f"{name} 的现行值或待确认的设定已有变化，未作任何处理；请看过现在的内容后再提交"
        raise Refused("stale", zh, f"the values of {name} changed meanwhile, nothing was done: look again first")
