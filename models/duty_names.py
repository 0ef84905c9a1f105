"""What the duties are called, in Chinese and English: on lists, in the history, in messages."""

from models.people import Duty

DUTIES: dict[Duty, tuple[str, str]] = {
    Duty.SYSTEM: ("系统", "system"),
    Duty.APPLICANT: ("申报人", "applicant"),
    Duty.CLERK: ("代录人", "clerk on behalf"),
    Duty.ACCEPTOR: ("受理人", "acceptor"),
    Duty.SCREENER: ("初审人", "screener"),
    Duty.CERTIFIER: ("认定人", "certifier"),
    Duty.JOINT_REVIEWER: ("联审人", "joint reviewer"),
    Duty.HEAD: ("单位负责人", "head of unit"),
    Duty.AMOUNT_CHECKER: ("核算复核人", "amount checker"),
    Duty.DECIDER: ("审定人", "decider"),
    Duty.INVESTIGATOR: ("异议核查人", "objection investigator"),
    Duty.ALLOCATOR: ("资金下达人", "allocator"),
    Duty.MAKER: ("拨付制单人", "payment maker"),
    Duty.CHECKER: ("拨付复核人", "payment checker"),
    Duty.RELEASER: ("拨付放行人", "releaser"),
    Duty.RECONCILER: ("对账人", "reconciler"),
    Duty.DELIVERER: ("交付人", "deliverer"),
    Duty.PARAMETER_AUTHOR: ("参数拟定人", "parameter author"),
    Duty.PARAMETER_CONFIRMER: ("参数确认人", "parameter confirmer"),
    Duty.FUND_OFFICER: ("资金管理人", "fund officer"),
    Duty.AUDITOR: ("审计人员", "auditor"),
    Duty.ADMINISTRATOR: ("系统管理员", "administrator"),
}


def duty_zh(duty: Duty) -> str:
    """The duty's Chinese name."""
    return DUTIES[duty][0]
