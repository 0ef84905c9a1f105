"""Decision, public notice and objection; support that is delivered rather than paid; the units' own programmes."""

from notifications.wording.wording_parts import MessageText, Wording

WORDINGS = {
    "decided": Wording(
        MessageText(
            title="审定结果",
            applicant="您的申报 {case} 审定金额为 {amount} 元，公示无异议后拨付。",
            applicant_do="请核对收款账户；对金额有异议可在公示期内书面提出。",
            officer="案件 {case} 审定金额为 {amount} 元，公示无异议后拨付。",
        ),
        MessageText(
            title="Decision",
            applicant="Application {case} is granted {amount} yuan, paid after the public notice.",
            applicant_do="Check your account; objections to the amount go in writing during the notice.",
            officer="Case {case} is granted {amount} yuan, paid after the public notice.",
        ),
    ),
    "decided_in_part": Wording(
        MessageText(
            title="审定结果",
            applicant="您的申报 {case} 核算金额 {computed_fen} 元，核减 {reduced_fen} 元，审定 {amount} 元；核减原因：{reason}。",
            applicant_do="对核减有异议，可在公示期内书面提出，或自收到之日起 60 日内申请行政复议、6 个月内提起行政诉讼。",
            officer="案件 {case} 核算金额 {computed_fen} 元，核减 {reduced_fen} 元，审定 {amount} 元；核减原因：{reason}。",
        ),
        MessageText(
            title="Decision",
            applicant="Application {case} is granted {amount} yuan, {reduced_fen} less than the {computed_fen} computed: {reason}.",
            applicant_do="Object in writing on notice, ask for review within 60 days, or go to court within 6 months.",
            officer="Case {case} is granted {amount} yuan, {reduced_fen} less than the {computed_fen} computed: {reason}.",
        ),
    ),
    "approved": Wording(
        MessageText(
            title="审定通过",
            applicant="您的申报 {case} 已审定通过，公示无异议后予以落实（本事项不涉及资金拨付）。",
            applicant_do="无需操作，公示和落实情况会另行通知。",
            officer="案件 {case} 已审定通过，公示无异议后予以落实（不涉及资金拨付）。",
        ),
        MessageText(
            title="Approved",
            applicant="Application {case} is approved and carried out after the public notice; no money is paid for this item.",
            applicant_do="Nothing to do: you will hear of the notice and of what is delivered.",
            officer="Case {case} is approved and carried out after the public notice; no money is paid.",
        ),
    ),
    "undone": Wording(
        MessageText(
            title="审定已撤销",
            applicant="申报 {case} 的审定结果已撤销并重新审定，原因：{reason}。",
            applicant_do="无需操作，新的审定结果会另行通知。",
            officer="案件 {case} 的审定结果已由两名负责人撤销，原因：{reason}。",
            officer_do="请重新审定。",
        ),
        MessageText(
            title="Decision taken back",
            applicant="The decision on {case} was taken back and is made again: {reason}.",
            applicant_do="Nothing to do: you will hear of the new decision.",
            officer="The decision on case {case} was taken back by two heads: {reason}.",
            officer_do="Decide it again.",
        ),
    ),
    "compared": Wording(
        MessageText(
            title="金额重新核算",
            applicant="申报 {case} 与另一项补助（{note}）经比对为同一补助，按就高不重复重新核算，原因：{reason}。",
            applicant_do="无需操作，新的结果会另行通知。",
            officer="案件 {case} 与 {note} 经比对为同一补助，重新核算：{reason}。",
            officer_do="请等待核算结果后重新审定。",
        ),
        MessageText(
            title="Amount computed again",
            applicant="{case} and another benefit ({note}) are the same; the higher one counts, computed again: {reason}.",
            applicant_do="Nothing to do: you will hear of the new result.",
            officer="Case {case} and {note} are the same benefit; it is computed again: {reason}.",
            officer_do="Wait for the new amount, then decide again.",
        ),
    ),
    "on_notice": Wording(
        MessageText(
            title="公示中",
            applicant="申报 {case} 已列入公示 {notice}，公示至 {closes_on}。",
            applicant_do="公示无异议后进入兑付，无需操作。",
            officer="案件 {case} 已列入公示 {notice}，公示至 {closes_on}。",
        ),
        MessageText(
            title="On public notice",
            applicant="Application {case} is on notice {notice} until {closes_on}.",
            applicant_do="Nothing to do: if the notice ends without an objection, it goes on to payment or delivery.",
            officer="Case {case} is on notice {notice} until {closes_on}.",
        ),
    ),
    "contested": Wording(
        MessageText(
            title="收到异议",
            applicant="公示期间收到对申报 {case} 的异议，正在核查，其间暂缓兑付。",
            applicant_do="如核查人员联系，请配合提供材料；结果会另行通知。",
            officer="公示期间收到对案件 {case} 的异议，其间暂缓兑付。",
        ),
        MessageText(
            title="Objection received",
            applicant="An objection to {case} came in during the notice and is looked into; payment waits.",
            applicant_do="Answer the investigator if asked; you will hear of the outcome.",
            officer="An objection to case {case} came in during the notice; payment waits.",
        ),
    ),
    "objection": Wording(
        MessageText(
            title="异议待核查",
            officer="案件 {case} 在公示期间收到异议，核查答复前暂缓兑付。",
            officer_do="请核查并答复异议。",
        ),
        MessageText(
            title="Objection to investigate",
            officer="Case {case} has an objection from its notice; payment waits for the answer.",
            officer_do="Investigate and answer it.",
        ),
    ),
    "objection_answered": Wording(
        MessageText(
            title="异议已答复",
            applicant="对申报 {case} 的异议已答复：{reason}。",
            applicant_do="无需操作，后续进展会另行通知。",
            officer="对案件 {case} 的异议已答复：{reason}。",
        ),
        MessageText(
            title="Objection answered",
            applicant="The objection to {case} is answered: {reason}.",
            applicant_do="Nothing to do: you will hear how it goes on.",
            officer="The objection to case {case} is answered: {reason}.",
        ),
    ),
    "objection_moot": Wording(
        MessageText(
            title="异议终止",
            officer="案件 {case} 的第 {objections} 号异议未经答复即终止：{reason}。",
            officer_do="请将此情况告知异议人。",
        ),
        MessageText(
            title="Objections ended",
            officer="Objections to case {case} (no. {objections}) ended without an answer: {reason}.",
            officer_do="Tell those who objected.",
        ),
    ),
    "delivered": Wording(
        MessageText(
            title="支持事项已交付",
            applicant="申报 {case} 的支持事项已交付，凭据：{document}。",
            applicant_do="请核对交付内容，有误请及时联系交付单位。",
            officer="案件 {case} 的支持事项已交付，凭据：{document}。",
        ),
        MessageText(
            title="Handed over",
            applicant="What was granted under {case} was handed over: {document}.",
            applicant_do="Check what you received and tell the unit if something is wrong.",
            officer="What was granted under case {case} was handed over: {document}.",
        ),
    ),
    "fulfilled": Wording(
        MessageText(
            title="已兑现",
            applicant="申报 {case} 的支持事项已落实，案件办结。",
            applicant_do="无需操作，请留存编号备查。",
            officer="案件 {case} 的支持事项已落实，已办结。",
        ),
        MessageText(
            title="Support delivered",
            applicant="What was promised under {case} is delivered; the case is closed.",
            applicant_do="Nothing to do: keep the number for your records.",
            officer="What was promised under case {case} is delivered; it is closed.",
        ),
    ),
    "begun": Wording(
        MessageText(
            title="计划已通过审核",
            applicant="计划 {case} 已通过审核。{note}",
            applicant_do="请按节点推进并报告进展。",
            officer="计划 {case} 已通过审核。{note}",
        ),
        MessageText(
            title="Plan reviewed",
            applicant="Plan {case} passed its review. {note}",
            applicant_do="Carry it out and report at each milestone.",
            officer="Plan {case} passed its review. {note}",
        ),
    ),
    "programme_closed": Wording(
        MessageText(
            title="工作已办结",
            applicant="计划 {case} 的成果已复核，工作办结。",
            applicant_do="无需操作，请留存材料备查。",
            officer="计划 {case} 的成果已复核，工作办结。",
        ),
        MessageText(
            title="Programme closed",
            applicant="The results of {case} are reviewed; the programme is closed.",
            applicant_do="Nothing to do: keep the papers for later checks.",
            officer="The results of {case} are reviewed; the programme is closed.",
        ),
    ),
}
