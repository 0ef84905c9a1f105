"""What the owner of an account waits for or has to know: the code with which a forgotten password is replaced, that it
was, that a chat app was bound, and what became of a passkey."""

from notifications.wording.wording_parts import MessageText, Wording

_ASKED = "有人为您的账号 {login} 申请重设密码，验证码：{code}，{span} 分钟内有效，只能用一次。"
_ASKED_EN = (
    "Somebody asked to reset the password of your account {login}. Code: {code}, good once and for {span} minutes."
)
_DO = "如果是您本人，请在“找回密码”页面输入；如果不是，不必理会，也不要告诉任何人。"
_DO_EN = "If it was you, type it on the page that asked for it; if not, do nothing, and tell it to nobody."
_SET = "您的账号 {login} 已重设密码，原有登录均已结束。"
_SET_EN = "The password of your account {login} was reset, and every session has ended."
_NOT_ME = "如果不是您本人所为，请立即联系系统管理员。"
_NOT_ME_EN = "If it was not you, tell the administrator at once."
_BOUND = "您的账号 {login} 已绑定一个聊天应用账号，以后可以用它登录查看。"
_BOUND_EN = "A chat account was bound to your account {login}: it signs in with it, and reads."
_PASSKEY = "您的账号 {login} 新增了一个通行密钥，以后可以用它登录和办理。"
_PASSKEY_EN = "A passkey was added to your account {login}: it signs in, and confirms acts."
_COPIED = (
    "您的账号 {login} 的一个通行密钥被拒绝：设备给出的使用次数没有增加，可能已被复制。没有登录，也没有办理任何事项。"
)
_COPIED_EN = (
    "A passkey of your account {login} was refused: the count of its device did not rise, so it may have been copied. Nobody was"
    " signed in and nothing was done."
)
_REMOVE = "请在“我的账号”中删除这个通行密钥，换一个设备重新添加；如果不是您本人在使用，请立即联系系统管理员。"
_REMOVE_EN = "Remove this passkey under My account and add another; if it was not you who used it, tell the administrator at once."

WORDINGS = {
    "recovery_code": Wording(
        MessageText(title="重设密码的验证码", applicant=_ASKED, applicant_do=_DO, officer=_ASKED, officer_do=_DO),
        MessageText(
            title="Code to reset your password", applicant=_ASKED_EN, applicant_do=_DO_EN, officer=_ASKED_EN,
            officer_do=_DO_EN,
        ),
    ),
    "password_recovered": Wording(
        MessageText(title="密码已重设", applicant=_SET, applicant_do=_NOT_ME, officer=_SET, officer_do=_NOT_ME),
        MessageText(
            title="Your password was reset", applicant=_SET_EN, applicant_do=_NOT_ME_EN, officer=_SET_EN,
            officer_do=_NOT_ME_EN,
        ),
    ),
    "chat_account_bound": Wording(
        MessageText(title="已绑定聊天应用", applicant=_BOUND, applicant_do=_NOT_ME, officer=_BOUND, officer_do=_NOT_ME),
        MessageText(
            title="A chat account was bound", applicant=_BOUND_EN, applicant_do=_NOT_ME_EN, officer=_BOUND_EN,
            officer_do=_NOT_ME_EN,
        ),
    ),
    "passkey_added": Wording(
        MessageText(
            title="新增了通行密钥", applicant=_PASSKEY, applicant_do=_NOT_ME, officer=_PASSKEY, officer_do=_NOT_ME,
        ),
        MessageText(
            title="A passkey was added", applicant=_PASSKEY_EN, applicant_do=_NOT_ME_EN, officer=_PASSKEY_EN,
            officer_do=_NOT_ME_EN,
        ),
    ),
    "passkey_refused": Wording(
        MessageText(
            title="通行密钥可能被复制", applicant=_COPIED, applicant_do=_REMOVE, officer=_COPIED, officer_do=_REMOVE,
        ),
        MessageText(
            title="A passkey may have been copied", applicant=_COPIED_EN, applicant_do=_REMOVE_EN, officer=_COPIED_EN,
            officer_do=_REMOVE_EN,
        ),
    ),
}  # fmt: skip
SAMPLES = {"login": "demo-login", "code": "K7QF2M9X", "span": 15}
