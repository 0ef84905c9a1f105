"""About sending itself: an address that no longer takes anything."""

from notifications.wording.kit import Text, Wording

WORDINGS = {
    "contact_bounced": Wording(
        Text(
            title="联系方式失效",
            officer="{who} 的联系方式（{channel}）被对方拒收，系统已停止使用。",
            officer_do="请核对后登记新的联系方式：duixian contacts add；改好前，消息改走其他渠道，或列入未送达。",
        ),
        Text(
            title="An address bounces",
            officer="The address of {who} ({channel}) was refused for good and is no longer used.",
            officer_do="Enter a new one: duixian contacts add. Until then messages go another way or are listed.",
        ),
    ),
}
SAMPLES = {"who": "演示企业有限公司", "channel": "email"}
