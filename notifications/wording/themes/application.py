"""From filing to certification: what applicants hear of their application, and officers of their work."""

from notifications.wording.wording_parts import MessageText, Wording

WORDINGS = {
    "filed": Wording(
        MessageText(
            title="申报已收到",
            applicant="您的申报 {case} 已于 {at} 提交成功。",
            applicant_do="请留存编号以便查询。",
            officer="申报 {case} 已于 {at} 提交。",
        ),
        MessageText(
            title="Application received",
            applicant="Your application {case} was filed on {at}.",
            applicant_do="Keep the number: it is how you look it up.",
            officer="Application {case} was filed on {at}.",
        ),
    ),
    "corrected": Wording(
        MessageText(
            title="补正已收到",
            applicant="您的申报 {case} 的补正已于 {at} 提交成功，继续审核。",
            applicant_do="无需操作；补正只有一次，有进展会另行通知。",
            officer="申报 {case} 的补正已于 {at} 提交。",
        ),
        MessageText(
            title="Correction received",
            applicant="The correction of application {case} was filed on {at}; its review goes on.",
            applicant_do="Nothing to do for now: a case is corrected once, and you will hear of each step.",
            officer="The correction of application {case} was filed on {at}.",
        ),
    ),
    "accepted": Wording(
        MessageText(
            title="申报已受理",
            applicant="您的申报 {case} 已受理，进入审核。",
            applicant_do="审核期间无需操作，有进展会另行通知。",
            officer="申报 {case} 已受理。",
        ),
        MessageText(
            title="Application accepted",
            applicant="Your application {case} is accepted and under review.",
            applicant_do="Nothing to do for now: you will hear of each step.",
            officer="Application {case} has been accepted.",
        ),
    ),
    "same_subject": Wording(
        MessageText(
            title="同一事项已有申报或补助",
            applicant="您的申报 {case} 与 {note} 依据相同；按就高不重复，只兑付较高的一项。",
            applicant_do="如属重复提交，请撤回其中一件。",
            officer="申报 {case} 与 {note} 依据相同。",
            officer_do="受理时请核对是否重复申报。",
        ),
        MessageText(
            title="The same subject was filed or supported before",
            applicant="Application {case} names the same subject as {note}; only the higher benefit is paid.",
            applicant_do="If it was sent in twice, withdraw one of the two.",
            officer="Application {case} names the same subject as {note}.",
            officer_do="Look whether it was filed twice before you accept it.",
        ),
    ),
    "returned": Wording(
        MessageText(
            title="请补正材料",
            applicant="您的申报 {case} 需一次性补正：{missing}。",
            applicant_do="请于 {due}（含）前补齐并重新提交，逾期将终止办理。",
            officer="申报 {case} 已退回补正：{missing}。",
            officer_do="等待申报人补正，期间不计入办理时限。",
        ),
        MessageText(
            title="Please correct your application",
            applicant="Application {case} lacks: {missing}. This is the whole list.",
            applicant_do="Add what is missing and file again by {due}, or the application lapses.",
            officer="Application {case} went back for correction: {missing}.",
            officer_do="Wait for the applicant's corrections; the clock stands still meanwhile.",
        ),
    ),
    "certified": Wording(
        MessageText(
            title="认定完成",
            applicant="您的申报 {case} 已完成认定，进入核算。",
            applicant_do="无需操作，核算和审定结果会另行通知。",
            officer="案件 {case} 已完成认定，进入核算。",
        ),
        MessageText(
            title="Facts certified",
            applicant="The facts of application {case} are certified; the amount is computed next.",
            applicant_do="Nothing to do: you will hear of the decision.",
            officer="The facts of case {case} are certified; the amount is computed next.",
        ),
    ),
    "refused": Wording(
        MessageText(
            title="不予支持",
            applicant="您的申报 {case} 不予支持，原因：{reason}。",
            applicant_do="如有异议，可自收到之日起 60 日内申请行政复议，或在 6 个月内提起行政诉讼。",
            officer="案件 {case} 不予支持，原因：{reason}。",
        ),
        MessageText(
            title="Application refused",
            applicant="Application {case} is refused: {reason}.",
            applicant_do="You may ask for administrative review within 60 days of receiving this, or go to court within 6 months.",
            officer="Case {case} is refused: {reason}.",
        ),
    ),
    "withdrawn": Wording(
        MessageText(
            title="申报已撤回",
            applicant="申报 {case} 已按您的申请撤回。",
            applicant_do="窗口期内可以另行申报。",
            officer="案件 {case} 已由申报人撤回。",
        ),
        MessageText(
            title="Application withdrawn",
            applicant="Application {case} is withdrawn as you asked.",
            applicant_do="While the window is open you may file again.",
            officer="Case {case} was withdrawn by its applicant.",
        ),
    ),
    "lapsed": Wording(
        MessageText(
            title="申报已终止",
            applicant="申报 {case} 已终止：{reason}。",
            applicant_do="如认为有误，请联系受理单位申请重新办理。",
            officer="案件 {case} 已终止：{reason}。",
        ),
        MessageText(
            title="Application lapsed",
            applicant="Application {case} has lapsed: {reason}.",
            applicant_do="If you think this is wrong, ask the accepting unit to take it up again.",
            officer="Case {case} has lapsed: {reason}.",
        ),
    ),
    "reopened": Wording(
        MessageText(
            title="申报重新办理",
            applicant="申报 {case} 重新办理，原因：{reason}。",
            applicant_do="无需操作，有进展会另行通知。",
            officer="案件 {case} 重新办理，原因：{reason}。",
        ),
        MessageText(
            title="Application taken up again",
            applicant="Application {case} is taken up again: {reason}.",
            applicant_do="Nothing to do: you will hear of each step.",
            officer="Case {case} is taken up again: {reason}.",
        ),
    ),
}
