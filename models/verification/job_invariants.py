"""The calendar: every claim ended or is alive, every reminder was sent once and is the message that it says."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection, or_, select
from sqlmodel import col

from models.jobs import Heartbeat, JobClaim, JobStatus
from models.statements import Prepared
from models.verification.invariant import Check, VerifiedScope, query

SLACK = timedelta(hours=1)  # a look at the calendar that takes long may miss a lease that ends meanwhile
_LOOKED = Prepared(select(col(Heartbeat.at)).where(col(Heartbeat.kind) == "jobs"))
_UNDER_WAY = or_(col(JobClaim.status) == JobStatus.RUNNING.value, col(JobClaim.status) == JobStatus.FAILED.value)
_OPEN = Prepared(
    select(col(JobClaim.kind), col(JobClaim.business_date), col(JobClaim.status), col(JobClaim.lease_until))
    .where(_UNDER_WAY, col(JobClaim.lease_until).is_not(None))
    .order_by(col(JobClaim.kind), col(JobClaim.business_date))
)


def _abandoned(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Claims whose holder's time was over long before the calendar was last looked at, and that nobody took over."""
    looked = _LOOKED.rows(connection)
    for row in _OPEN.rows(connection) if looked else ():
        if row.lease_until < looked[0].at - SLACK:
            yield f"{row.kind} {row.business_date}: status={row.status}, lease_until={row.lease_until.isoformat()}"


CHECKS = (
    query(
        "J1-claims",
        "每项定时任务的办理状态前后一致",
        "every claim of a job says consistently whether it ended",
        "SELECT kind, business_date, status, done_at, reason FROM job_claim"
        " WHERE (status IN ('done', 'skipped')) <> (done_at IS NOT NULL) OR (status = 'skipped' AND reason = '')",
    ),
    Check(
        id="J2-alive",
        zh="每项定时任务或已办完，或仍在办理",
        en="every claim of a job is done, or somebody has it",
        find=_abandoned,
    ),
    query(
        "J3-reminders",
        "每条提醒都有与其一致的消息",
        "every reminder is the message that was queued for it",
        "SELECT r.subject, r.kind, r.due, r.stage, r.recipient, m.kind AS told, m.recipient AS told_to FROM reminder r"
        " LEFT JOIN message m ON m.id = r.message_id"
        " WHERE m.id IS NULL OR m.kind <> r.kind OR m.recipient <> r.recipient",
    ),
    query(
        "J3-once",
        "同一事项、同一期限、同一阶段只提醒一次",
        "nobody is reminded twice of one due date at one stage",
        "SELECT subject, kind, due, stage, recipient, COUNT(*) AS sent FROM reminder"
        " GROUP BY subject, kind, due, stage, recipient HAVING COUNT(*) > 1",
    ),
)
