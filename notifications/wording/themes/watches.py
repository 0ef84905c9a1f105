"""What the watches of money and time tell: payout rates, rankings, overdue payments, ends of retention."""

from notifications.wording.wording_parts import MessageText, Wording

WORDINGS = {
    "rates_digest": Wording(
        MessageText(
            title="兑付率周报",
            officer="截至 {day}，{unit} 的兑付率。本方案各事项（按金额；按件）：{own}。全部惠企政策：{official}。",
            officer_do="请核对未兑付的款项，尽快拨付。",
        ),
        MessageText(
            title="Weekly payout rates",
            officer="Payout rates of {unit} on {day}. This plan, by amount and by case: {own}. All policies for firms: {official}.",
            officer_do="See what is not paid yet and have it paid.",
        ),
    ),
    "rate_below": Wording(
        MessageText(
            title="兑付率未达目标",
            officer="{unit} 截至 {day} 的惠企政策兑付率为 {rate}，低于目标 {target}。",
            officer_do="请查明未兑付的款项并说明完成时间。",
            group="{unit} 截至 {day} 的兑付率为 {rate}，未达目标。",
        ),
        MessageText(
            title="Payout rate below its target",
            officer="On {day} {unit} had paid {rate} of what its policies promise firms; the target is {target}.",
            officer_do="Find what is not paid, and say by when it will be.",
            group="{unit} stood at {rate} on {day}, below its target.",
        ),
    ),
    "rate_missing": Wording(
        MessageText(
            title="兑付率数据未填报",
            officer="{unit} 未填报截至 {day} 的惠企政策兑付数据，无法判断是否达到目标 {target}。",
            officer_do="请用 duixian rates add 或 rates import 补报。",
        ),
        MessageText(
            title="Payout rate missing",
            officer="{unit} has reported no payout figures up to {day}: whether it met the target {target} is not known.",
            officer_do="Report them with duixian rates add or rates import.",
        ),
    ),
    "ranking_published": Wording(
        MessageText(
            title="赛马排名公布",
            officer="截至 {day} 的赛马排名已公布（第 {count} 版）：{lines}。",
            officer_do="对数据有异议的，请向牵头单位提出更正。",
        ),
        MessageText(
            title="Ranking published",
            officer="The ranking as of {day} is published (version {count}): {lines}.",
            officer_do="If a figure is wrong, ask the lead unit to correct it.",
        ),
    ),
    "ranking_missing": Wording(
        MessageText(
            title="赛马数据不全",
            officer="截至 {day} 的赛马排名缺少 {count} 项数据，暂不能公布：{missing}。",
            officer_do="请用 duixian rankings enter 或 rankings import 补报，系统随后自动排名。",
        ),
        MessageText(
            title="Figures missing for the ranking",
            officer="The ranking as of {day} lacks {count:figure|figures} and is not published yet: {missing}.",
            officer_do="Report them with duixian rankings enter or rankings import; the ranking follows by itself.",
        ),
    ),
    "payment_overdue": Wording(
        MessageText(
            title="拨付结果逾期",
            officer="案件 {case} 的支付指令 {order}（{amount_fen} 元）应于 {due} 前有结果，至今没有回单。",
            officer_do="请向银行或国库核实，并导入回单。",
        ),
        MessageText(
            title="Payment result overdue",
            officer="Order {order} of case {case} ({amount_fen} yuan) should have had its result by {due}; none has come.",
            officer_do="Ask the bank or treasury, and import the result.",
        ),
    ),
    "payment_overdue_escalated": Wording(
        MessageText(
            title="拨付结果长期逾期",
            officer="案件 {case} 的支付指令 {order}（{amount_fen} 元）应于 {due} 前有结果，经提醒仍没有回单。",
            officer_do="请督促承办人员核实并处理。",
        ),
        MessageText(
            title="Payment result long overdue",
            officer="Order {order} of case {case} ({amount_fen} yuan) should have had its result by {due}; none has come since "
            "the reminder either.",
            officer_do="See to it that somebody asks the bank.",
        ),
    ),
    "result_unmatched": Wording(
        MessageText(
            title="回单未匹配",
            officer="回单 {order}（{amount_fen} 元）与支付指令对不上：{reason}。",
            officer_do="请用 duixian payments unmatched 查看，核实后匹配。",
        ),
        MessageText(
            title="Bank result unmatched",
            officer="The result {order} ({amount_fen} yuan) fits no order: {reason}.",
            officer_do="See duixian payments unmatched, and match it once it is cleared up.",
        ),
    ),
    "result_unmatched_escalated": Wording(
        MessageText(
            title="回单长期未匹配",
            officer="回单 {order}（{amount_fen} 元）经提醒仍未处理：{reason}。",
            officer_do="请督促承办人员核实并处理。",
        ),
        MessageText(
            title="Bank result long unmatched",
            officer="The result {order} ({amount_fen} yuan) is still not cleared up: {reason}.",
            officer_do="See to it that somebody does.",
        ),
    ),
    "retention_due": Wording(
        MessageText(
            title="个人信息保存期满",
            officer="截至 {day}，有 {count} 名自然人的个人信息已过保存期限。",
            officer_do="请用 duixian retention list 查看；一人提议、另一人确认后匿名化。",
        ),
        MessageText(
            title="Retention of personal data ended",
            officer="On {day} the personal data of {count:natural person is|natural persons are} past their retention.",
            officer_do="See duixian retention list: one person proposes, another confirms.",
        ),
    ),
}

SAMPLES = {
    "day": "2023-09-30",
    "count": 2,
    "own": ["演示单位 M4a 50.00% (200,000.00/400,000.00) 50.00% (1/2)"],
    "official": ["演示单位 2023-09 79.99%"],
    "lines": ["1 演示单位 100.00", "2 演示镇 60.00"],
    "rate": "79.99%",
    "target": "100.00%",
    "missing": ["演示产值增速：演示镇"],
    "order": "XZ2023-M04-000001-A1",
}
