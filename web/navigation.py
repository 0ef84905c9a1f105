"""What the head of a page leads to, by who is signed in."""

from casework.parties import self_registration
from casework.privacy import retention
from casework.programmes import ranking_catalogue
from casework.views.board import LEADERS
from casework.views.parameter_rehearsal import REHEARSERS
from casework.views.rating_summary import RATING_READERS
from models.people import Duty
from web.visit import Visit

PUBLIC = (("/", "政策与申报", "Measures"), ("/notices", "公示", "Notices"), ("/paid", "兑付公开", "Paid"))
FIRM = (("/my", "我的申报", "My applications"),)
MESSAGES = (("/my/messages", "消息", "Messages"),)
DESK = (("/desk", "待办", "Inbox"), ("/desk/cases", "案件", "Cases"))
PAY = (("/pay", "资金拨付", "Payments"),)
RATINGS = (("/desk/ratings", "好差评", "Ratings"),)
DESK_MENU = (
    ("/desk", "待办", "Inbox"),
    ("/desk/cases", "案件", "Cases"),
    ("/desk/lists", "办理清单", "Lists of acts"),
    ("/desk/parties", "申报主体", "Parties"),
    ("/desk/benefits", "其他补助", "Benefits elsewhere"),
    ("/desk/comparisons", "比对", "Comparisons"),
    ("/desk/verify", "待核验", "To verify"),
    ("/desk/programmes", "工作推进", "Programmes"),
    ("/desk/team", "团队", "Team"),
    ("/desk/parameters", "参数与设置", "Parameters and settings"),
)
"""What the officers' lists lead to, one beside the other."""
_RATES = ("/desk/rates", "兑付数据", "Payout figures")
_RETENTION = ("/desk/retention", "个人信息保存期限", "Retention")
_RANKINGS = ("/desk/rankings", "赛马数据", "Ranking figures")
BOARD = (("/board", "看板", "Board"),)
REHEARSE = (("/board/rehearse", "参数演算", "Rehearse"),)
AUDIT = (("/audit", "审计", "Audit"),)
OPS = (("/ops", "运行和账号", "Operations"),)
REGISTER = (("/desk/registrations", "企业注册", "Registrations"),)


def links(visit: Visit) -> tuple[tuple[str, str, str], ...]:
    """Address, Chinese, English."""
    scope = visit.scope()
    if scope is None:
        return PUBLIC
    found: tuple[tuple[str, str, str], ...] = PUBLIC[:1]
    if scope.who.party_id is not None:
        found += FIRM
    if scope.office:
        found += DESK
    found += MESSAGES
    if scope.duties & set(LEADERS):
        found += BOARD
    elif scope.duties & set(REHEARSERS):
        found += REHEARSE
    if scope.looks_on:
        found += AUDIT + OPS
    if scope.duties & set(RATING_READERS):
        found += RATINGS
    if scope.duties & set(self_registration.READERS):
        found += REGISTER
    if scope.sees_payments or Duty.FUND_OFFICER in scope.duties:  # who keeps budgets sees funds
        found += PAY
    return found + PUBLIC[1:]


def desk_menu(visit: Visit) -> tuple[tuple[str, str, str], ...]:
    """`DESK_MENU`, and behind it the registers that are the reader's to keep or to look at."""
    scope = visit.scope()
    if scope is None:
        return DESK_MENU
    found: tuple[tuple[str, str, str], ...] = DESK_MENU
    if scope.looks_on or scope.duties & {Duty.FUND_OFFICER, *LEADERS}:
        found += (_RATES,)
    if scope.looks_on or scope.duties & set(ranking_catalogue.WRITERS):
        found += (_RANKINGS,)
    if scope.duties & {*retention.PROPOSERS, *retention.CONFIRMERS}:
        found += (_RETENTION,)
    return found


def here(visit: Visit, address: str) -> bool:
    """Whether the page lies under a link."""
    path = visit.request.url.path
    if path in (known for known, _, _ in MESSAGES):  # below another link of the head
        return path == address
    return path == address or (address not in ("/", "/desk") and path.startswith(address + "/"))
