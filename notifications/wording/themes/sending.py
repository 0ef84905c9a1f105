"""About sending itself: an address that no longer takes anything, a message that cannot be handled."""

from notifications.wording.wording_parts import MessageText, Wording

WORDINGS = {
    "contact_bounced": Wording(
        MessageText(
            title="联系方式失效",
            officer="{who} 的联系方式（{channel}）被对方拒收，系统已停止使用。",
            officer_do="请核对后登记新的联系方式：duixian contacts add；改好前，消息改走其他渠道，或列入未送达。",
        ),
        MessageText(
            title="An address bounces",
            officer="The address of {who} ({channel}) was refused for good and is no longer used.",
            officer_do="Enter a new one: duixian contacts add. Until then messages go another way or are listed.",
        ),
    ),
    "contact_rejected": Wording(
        MessageText(
            title="联系方式未通过核验",
            applicant="{who} 登记的联系方式（{channel}）经核验不符，已退回：{reason}。",
            applicant_do="请在“我的单位”或“怎么收消息”页面核对后重新登记。",
            officer="{who} 的联系方式（{channel}）经核验不符，已退回：{reason}。",
            officer_do="请核对后在“我的账号：怎么收消息”页面或“联系方式导入”页面重新登记。",
        ),
        MessageText(
            title="An address was sent back",
            applicant="The address of {who} ({channel}) was checked and is not right: {reason}.",
            applicant_do="Look at it and enter it again under My firm, or How messages reach you.",
            officer="The address of {who} ({channel}) was checked and is not right: {reason}.",
            officer_do="Look at it and enter it again under How messages reach you, or by an import of addresses.",
        ),
    ),
    "message_set_aside": Wording(
        MessageText(
            title="一条消息已搁置",
            officer="消息“{kind}”（{message}）无法处理（{fault}），已搁置；其余消息照常发送，案件不受影响。",
            officer_do="请用 duixian messages dead 查看原因，排除后用 duixian messages resend 重发。",
            group="有一条消息无法处理，已搁置。",
        ),
        MessageText(
            title="A message was set aside",
            officer="The message “{kind}” ({message}) cannot be handled ({fault}) and was set aside; all others go on, no case"
            " is touched.",
            officer_do="See why with duixian messages dead; when mended, send it again with duixian messages resend.",
            group="A message cannot be handled and was set aside.",
        ),
    ),
}
SAMPLES = {
    "who": "演示企业有限公司",
    "channel": "email",
    "kind": "审定结果",
    "fault": "ValueError",
    "message": "018a5b3e-0000-7000-8000-000000000001",
}
