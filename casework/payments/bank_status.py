"""What a bank or the treasury may say of an order, and the category of its reason: who has to do something about it."""

from enum import StrEnum


class BankStatus(StrEnum):
    """What became of an order. Only `settled` is money received."""

    ACKNOWLEDGED = "acknowledged"
    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"
    RETURNED = "returned"


# The words of result lists, in Chinese and English → outcome.
WORDS: dict[str, BankStatus] = {
    **{status.value: status for status in BankStatus},
    **dict.fromkeys(("已受理", "受理成功", "已接收"), BankStatus.ACKNOWLEDGED),
    **dict.fromkeys(("处理中", "在途"), BankStatus.PENDING),
    **dict.fromkeys(("成功", "已到账", "支付成功", "到账"), BankStatus.SETTLED),
    **dict.fromkeys(("失败", "支付失败", "拒绝"), BankStatus.FAILED),
    **dict.fromkeys(("退汇", "退回", "已退汇"), BankStatus.RETURNED),
}


class Category(StrEnum):
    """Why an order came to nothing; the first three stop the same account from being used again unseen."""

    ACCOUNT = "account"
    NAME = "name"
    CLEARING = "clearing"
    FUNDS = "funds"
    OTHER = "other"


CATEGORIES: dict[Category, tuple[str, str]] = {
    Category.ACCOUNT: ("收款账户不可用", "the account cannot be paid to"),
    Category.NAME: ("户名不符", "the account is in another name"),
    Category.CLEARING: ("行号有误", "the clearing code is wrong"),
    Category.FUNDS: ("付款账户余额不足", "the paying account is short"),
    Category.OTHER: ("其他原因", "another reason"),
}
# ISO 20022 external status reasons and words of Chinese banks; the first that occurs in the reason decides.
_SIGNS: tuple[tuple[Category, tuple[str, ...]], ...] = (
    (Category.NAME, ("BE01", "AC14", "户名", "名称不符", "账户名")),
    (Category.CLEARING, ("RC01", "RC04", "AGNT", "行号", "开户行不存在")),
    (Category.FUNDS, ("AM04", "余额不足", "头寸")),
    (Category.ACCOUNT, ("AC01", "AC03", "AC04", "AC06", "AC07", "账号", "账户", "销户", "冻结", "挂失")),
)


def category(reason: str) -> Category:
    """The category of a bank's reason."""
    for kind, signs in _SIGNS:
        if any(sign in reason for sign in signs):
            return kind
    return Category.OTHER
