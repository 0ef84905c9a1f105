"""What the calendar says: filing opens and closes, reminders, deadlines near and over, delegations, and alarms to operators."""

from notifications.wording.wording_parts import MessageText, Wording

WORDINGS = {
    "window_opens": Wording(
        MessageText(
            title="开始申报",
            applicant="《{policy}》自 {opens_on} 起受理申报，截至 {closes_on} 24:00。",
            applicant_do="请备齐材料后在截止前提交；可先填写草稿。",
            officer="《{policy}》自 {opens_on} 起受理申报，截至 {closes_on} 24:00。",
            officer_do="请安排人员，按期受理、审核。",
            group="申报期已开始，截至 {closes_on} 24:00。",
        ),
        MessageText(
            title="Filing is open",
            applicant="Applications under “{policy_en}” are taken from {opens_on} until {closes_on}, 24:00.",
            applicant_do="Gather your papers and file before the end; you may begin with a draft.",
            officer="Applications under “{policy_en}” are taken from {opens_on} until {closes_on}, 24:00.",
            officer_do="See that there are people to accept and review in time.",
            group="Filing is open until {closes_on}, 24:00.",
        ),
    ),
    "window_closed": Wording(
        MessageText(
            title="申报已截止",
            applicant="《{policy}》的申报已于 {closes_on} 24:00 截止。您在期限内提交的申报继续办理。",
            applicant_do="无需操作，有进展会另行通知。",
            officer="《{policy}》的申报已于 {closes_on} 24:00 截止，期限内提交的案件继续办理。",
        ),
        MessageText(
            title="Filing is closed",
            applicant="Filing under “{policy_en}” ended on {closes_on}, 24:00. What you filed in time goes on.",
            applicant_do="Nothing to do: you will hear of each step.",
            officer="Filing under “{policy_en}” ended on {closes_on}, 24:00. Cases filed in time go on.",
        ),
    ),
    "closing_report": Wording(
        MessageText(
            title="申报期满报告",
            officer="《{policy}》的申报已于 {closes_on} 截止。{about}负责的举措：{lines}。",
            officer_do="请督促在办案件按期办结。",
            group="申报已于 {closes_on} 截止，期满报告已发单位负责人。",
        ),
        MessageText(
            title="Closing report",
            officer="Filing under “{policy_en}” ended on {closes_on}. The measures in the hands of {about}: {lines_en}.",
            officer_do="See that the cases under way are finished in time.",
            group="Filing ended on {closes_on}; the closing report went to the head of the unit.",
        ),
    ),
    "nobody_may_act": Wording(
        MessageText(
            title="无人可办",
            officer="{unit}的{late_duty}现无人可以办理 {count} 件案件（如 {case}）：无人担任，或均须回避。",
            officer_do="请增派人员或安排委托。",
        ),
        MessageText(
            title="Nobody may act",
            officer="Nobody may act as {late_duty_en} of {unit} on {count:case|cases} (as {case}): vacant, or all barred.",
            officer_do="Appoint somebody, or arrange a delegation.",
        ),
    ),
    "filing_reminder": Wording(
        MessageText(
            title="申报即将截止",
            applicant="您的申报草稿 {case}（{item}）尚未提交，距 {closes_on} 24:00 截止还有 {days} 天。",
            applicant_do="请在截止前核对并提交；逾期未提交的草稿将终止。",
            officer="申报草稿 {case}（{item}）尚未提交，距 {closes_on} 24:00 截止还有 {days} 天。",
        ),
        MessageText(
            title="Filing closes soon",
            applicant="Your draft {case} ({item_en}) is not filed yet; filing ends on {closes_on}, 24:00, in {days:day|days}.",
            applicant_do="Check and file it before then; a draft that is not filed lapses.",
            officer="Draft {case} ({item_en}) is not filed yet; filing ends on {closes_on}, 24:00, in {days:day|days}.",
        ),
    ),
    "deadline_near": Wording(
        MessageText(
            title="黄灯：即将到期",
            applicant="您的申报 {case} 有待您办理的事项，期限将至：{due}。",
            applicant_do="请在期限内办理，逾期将终止或影响后续办理。",
            officer="案件 {case} 在您办理的环节，期限将至：{due}。",
            officer_do="请在期限内办结本环节。",
        ),
        MessageText(
            title="Amber: due soon",
            applicant="Application {case} waits for you; its deadline is near: {due}.",
            applicant_do="Deal with it in time, or it lapses or is held up.",
            officer="Case {case} waits for you; its deadline is near: {due}.",
            officer_do="Finish this step in time.",
        ),
    ),
    "deadline_over": Wording(
        MessageText(
            title="红灯：已逾期",
            applicant="您的申报 {case} 有待您办理的事项，已于 {due} 到期。",
            applicant_do="请尽快办理。",
            officer="案件 {case} 在您办理的环节已逾期，期限为 {due}。",
            officer_do="请立即办理；本单位负责人已收到通报。",
        ),
        MessageText(
            title="Red: overdue",
            applicant="Application {case} waits for you; its deadline was {due}.",
            applicant_do="Please deal with it now.",
            officer="Case {case} waits for you and is overdue; its deadline was {due}.",
            officer_do="Deal with it at once; the head of your unit has been told.",
        ),
    ),
    "deadline_escalated": Wording(
        MessageText(
            title="红灯通报：逾期未办",
            officer="案件 {case} 在{late_unit}{late_duty}环节已逾期，期限为 {due}。",
            officer_do="请督促承办人办理，必要时另行指派。",
        ),
        MessageText(
            title="Escalation: overdue",
            officer="Case {case} is overdue with the {late_duty_en} of {late_unit}; the deadline was {due}.",
            officer_do="See that it is dealt with, or have somebody else do it.",
        ),
    ),
    "promise_near": Wording(
        MessageText(
            title="黄灯：限时即享将到期",
            officer="案件 {case} 承诺自申报起 {days} 个工作日内兑现（补正时间除外），期限将至：{due}。",
            officer_do="请督促各环节在承诺期限内办结。",
        ),
        MessageText(
            title="Amber: promised time",
            officer="Case {case} was promised within {days:working day|working days} of filing (corrections left out): {due}.",
            officer_do="See that every step is finished within the promised time.",
        ),
    ),
    "promise_over": Wording(
        MessageText(
            title="红灯：超过承诺期限",
            officer="案件 {case} 已超过自申报起 {days} 个工作日的承诺期限（补正时间除外）：{due}。",
            officer_do="请立即督办，并向申报人说明。",
        ),
        MessageText(
            title="Red: promise broken",
            officer="Case {case} is past the {days:working day|working days} promised from filing (corrections left out): {due}.",
            officer_do="Take it up at once, and explain it to the applicant.",
        ),
    ),
    "delegation_begins": Wording(
        MessageText(
            title="委托已生效",
            officer="{principal}的{task}职责已委托给{delegate}，自 {begins} 至 {ends}。",
            officer_do="受托人请以本人账号办理，委托人到期后自动恢复办理。",
        ),
        MessageText(
            title="Delegation in force",
            officer="{delegate} stands in for {principal} as {task_en} from {begins} to {ends}.",
            officer_do="The stand-in acts under their own account; afterwards it is the principal's turn again.",
        ),
    ),
    "delegation_ends": Wording(
        MessageText(
            title="委托已结束",
            officer="{principal}的{task}职责对{delegate}的委托已于 {ends} 结束。",
            officer_do="请委托人继续办理未完成的事项。",
        ),
        MessageText(
            title="Delegation ended",
            officer="{delegate} no longer stands in for {principal} as {task_en}: it ended at {ends}.",
            officer_do="What is unfinished is the principal's again.",
        ),
    ),
    "holidays_missing": Wording(
        MessageText(
            title="次年工作日安排未录入",
            officer="{year} 年的工作日安排尚未录入，目前有 {count} 件案件的期限是暂定的。",
            officer_do="请按国务院办公厅通知录入次年节假日安排（duixian holidays）。",
            group="次年工作日安排尚未录入，目前有 {count} 件案件的期限是暂定的。",
        ),
        MessageText(
            title="Next year's working days missing",
            officer="The working days of {year} have not been entered; {count:case has|cases have} provisional deadlines.",
            officer_do="Enter the State Council's notice for next year (duixian holidays).",
            group="Next year's working days have not been entered; {count:case has|cases have} provisional deadlines.",
        ),
    ),
    "job_failed": Wording(
        MessageText(
            title="定时任务失败",
            officer="定时任务“{job}”（{day}）已连续失败 {count} 次，系统会继续重试。",
            officer_do="请查看原因（duixian jobs），必要时重新运行或说明理由后跳过。",
            group="定时任务“{job}”（{day}）已连续失败 {count} 次。",
        ),
        MessageText(
            title="A scheduled job fails",
            officer="The job “{job_en}” of {day} failed {count:time|times} in a row; it is tried again.",
            officer_do="Look at the reason (duixian jobs), then run it again, or skip it and say why.",
            group="The job “{job}” of {day} failed {count:time|times} in a row.",
        ),
    ),
}

SAMPLES = {
    "policy": "演示政策",
    "opens_on": "2023-07-01",
    "policy_en": "Demo policy",
    "about": "演示单位",
    "lines": [
        "M4 演示举措：提交 3 件（在办 2、办结 1、不予支持 0、撤回或终止 0），未提交而终止 1 件；审定 100.00 元，已拨付 50.00 元",
    ],
    "lines_en": [
        "M4 demo measure: 3 filed (2 under way, 1 closed, 0 refused, 0 withdrawn or lapsed), 1 never filed;"
        " 100.00 yuan granted, 50.00 yuan paid",
    ],
    "item": "演示事项",
    "item_en": "demo item",
    "days": 14,
    "late_unit": "演示单位",
    "late_duty": "认定人",
    "late_duty_en": "certifier",
    "principal": "演示甲",
    "delegate": "演示乙",
    "task": "演示单位认定人",
    "task_en": "certifier (演示单位)",
    "begins": "2023-09-11 08:00",
    "ends": "2023-09-15 18:00",
    "year": 2024,
    "count": 3,
    "job": "演示任务",
    "job_en": "demo job",
    "day": "2023-09-11",
}
