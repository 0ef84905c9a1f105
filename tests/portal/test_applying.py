"""A firm's way through the portal without JavaScript: draft, papers, check, filing, correction, withdrawal; what is refused."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.applications import automatic_checks
from casework.command_handler import act
from casework.lifecycle import commands
from models import Case, Decision, Duty, Evidence, FormDraft, Snapshot
from models.store import Store
from policies.measures import Slot
from support.office import POLICY
from support.portal import Portal, Shown, Visitor
from support.stage import Stage, applicant, claim, named, officer

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"


def rows(store: Store, *what: Any) -> list[Any]:
    with store.read() as work:
        return list(work.execute(select(*what)))


def number(page: Shown) -> str:
    """The case number in a page's address."""
    return page.url.split("/apply/")[1].split("/")[0].split("?")[0].split("#")[0]


def begin(visitor: Visitor, item: str = "M4a") -> Shown:
    page = visitor.get(f"/apply/new?policy=XZ2023&item={item}")
    return visitor.submit(page, action="/apply/new")


def fill(visitor: Visitor, page: Shown, stated: dict[str, Any], *, go: str = "next") -> Shown:
    return visitor.submit(page, action="/apply/", press=("_go", go), **typed(stated))


def typed(stated: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """A claim as the fields of a page."""
    found: dict[str, str] = {}
    for name, value in stated.items():
        if isinstance(value, dict):
            found |= typed(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            for index, one in enumerate(value):
                inner = (
                    typed(one, f"{prefix}{name}[{index}].")
                    if isinstance(one, dict)
                    else {f"{prefix}{name}[{index}]": one}
                )
                found |= inner
        else:
            found[prefix + name] = str(value)
    return found


def hand_in(visitor: Visitor, case: str, item: str = "M4a") -> None:
    for slot in required(item):
        assert "已收到" in upload(visitor, case, slot.id, f"{slot.id}.pdf", PDF).words()


def required(item: str) -> list[Slot]:
    return [one for one in POLICY.item(item).evidence if one.required and one.upload]


def upload(visitor: Visitor, case: str, slot: str, name: str, content: bytes) -> Shown:
    page = visitor.get(f"/apply/{case}/evidence")
    token = page.form(action="/apply/").find(".//input[@name='_token']").get("value")
    fields = {"_token": token, "slot": slot}
    return visitor.post(f"/apply/{case}/evidence", fields, files={"file": (name, content, "application/pdf")})


def filed(visitor: Visitor, item: str = "M4a", thing: int = 1) -> str:
    """A case brought to its filing through the pages."""
    page = begin(visitor, item)
    case = number(page)
    assert fill(visitor, page, claim(item, thing)).url.endswith("/evidence")
    hand_in(visitor, case, item)
    done = visitor.submit(visitor.get(f"/apply/{case}/check"), action="/apply/", truth="yes")
    assert f"/apply/{case}/done?act=" in done.url, done.words()
    return case


def stored(store: Store, case: str) -> Any:
    with store.read() as work:
        return work.execute(select(Case.__table__).where(col(Case.number) == case)).one()  # type: ignore[attr-defined]


def test_a_firm_opens_files_corrects_and_withdraws(portal: Portal, stage: Stage) -> None:
    visitor = portal.as_(applicant(0))
    assert "没有需要您办理" in visitor.get("/my").words()
    case = filed(visitor)
    assert stored(portal.store, case).state == "filed"
    assert case in visitor.get(f"/apply/{case}/done").words()
    automatic_checks.submit(portal.store)
    shown = visitor.get(f"/my/cases/{case}")
    assert "受理" in shown.words() and "算例织机1" in shown.words()
    asked = "请更正型号规格"
    returned = commands.ReturnForCorrection(
        case=stored(portal.store, case).id, by=officer(Duty.ACCEPTOR), act_id=named("return"), missing=(asked,)
    )
    act(portal.store, returned)
    assert "查看补正要求并重新提交" in visitor.get("/my").words()
    assert asked in visitor.get(f"/my/cases/{case}").words()
    page = visitor.get(f"/apply/{case}")
    assert asked in page.words() and page.form(action="/apply/").fields["product"] == "算例织机1"
    fill(visitor, page, {"model": "A-改"})
    check = visitor.get(f"/apply/{case}/check")
    assert "原为：A" in check.words()
    visitor.submit(check, action="/apply/", truth="yes")
    assert stored(portal.store, case).state == "filed"
    out = visitor.submit(visitor.get(f"/my/cases/{case}/withdraw"), reason="算例：不再申报")
    assert stored(portal.store, case).state == "withdrawn" and "已撤回" in out.words()
    assert "算例：不再申报" in out.words()
    assert "已结束" in visitor.get("/my").words()


def test_each_filing_keeps_a_receipt_of_its_own(portal: Portal) -> None:
    first, second = portal.as_(applicant(0, 0)), portal.as_(applicant(0, 1))
    case = filed(first)
    automatic_checks.submit(portal.store)
    back = commands.ReturnForCorrection(
        case=stored(portal.store, case).id, by=officer(Duty.ACCEPTOR), act_id=named("back"), missing=("算例：更正型号",)
    )
    act(portal.store, back)
    fill(second, second.get(f"/apply/{case}"), {"model": "A-改"})
    done = second.submit(second.get(f"/apply/{case}/check"), action="/apply/", truth="yes")
    receipts = [link for link in first.get(f"/my/cases/{case}").links() if "/done" in link]
    acts = [link.split("act=")[1] for link in receipts if "act=" in link]
    kept = {
        str(row.act_id)
        for row in rows(portal.store, col(Decision.act_id), col(Decision.action))
        if row.action == "file"
    }
    assert len(acts) == 2 and set(acts) == kept, receipts
    for receipt, filing in zip(receipts, acts, strict=True):
        shown = first.get(receipt).words()
        assert filing in shown and not any(other in shown for other in acts if other != filing)
    assert acts[1] in done.words() and acts[1] in first.get(f"/apply/{case}/done").words()  # the newest without an id
    for nothing in (named("nothing"), "x"):
        assert first.get(f"/apply/{case}/done?act={nothing}").status == 404


def test_a_correction_that_corrects_nothing_is_filed_only_by_who_says_so(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    case = filed(visitor)
    assert "与上次提交相同" not in visitor.get(f"/my/cases/{case}").words()
    automatic_checks.submit(portal.store)
    back = commands.ReturnForCorrection(
        case=stored(portal.store, case).id, by=officer(Duty.ACCEPTOR), act_id=named("back"), missing=("算例：更正型号",)
    )
    act(portal.store, back)
    fill(visitor, visitor.get(f"/apply/{case}"), {"model": "A-改"})
    assert "与上次提交相同" not in visitor.get(f"/apply/{case}/check").words()
    fill(visitor, visitor.get(f"/apply/{case}"), {"model": "A1"} | claim("M4a", 1))
    check = visitor.get(f"/apply/{case}/check")
    assert "与上次提交相同" in check.words()
    refused = visitor.submit(check, action="/apply/", truth="yes")
    assert refused.status == 422 and "#f-unchanged" in refused.links()
    assert stored(portal.store, case).state == "in_correction"
    done = visitor.submit(refused, action="/apply/", truth="yes", unchanged="yes")
    assert "/done" in done.url and stored(portal.store, case).state == "filed"
    said = visitor.get(f"/my/cases/{case}").words()
    assert "补正已收到" in said and f"申报 {case} 的补正已于" in said and said.count("申报已收到") == 1


def test_a_paper_added_since_the_return_is_a_correction(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    case = filed(visitor)
    automatic_checks.submit(portal.store)
    back = commands.ReturnForCorrection(
        case=stored(portal.store, case).id, by=officer(Duty.ACCEPTOR), act_id=named("back"), missing=("算例：补材料",)
    )
    act(portal.store, back)
    assert "与上次提交相同" in visitor.get(f"/apply/{case}/check").words()
    assert "已收到" in upload(visitor, case, required("M4a")[0].id, "more.pdf", PDF + b"%").words()
    check = visitor.get(f"/apply/{case}/check")
    assert "与上次提交相同" not in check.words()
    assert "/done" in visitor.submit(check, action="/apply/", truth="yes").url


def test_a_firm_looks_at_its_own_papers_from_its_pages(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    case = filed(visitor)
    for page in (f"/my/cases/{case}", f"/apply/{case}/evidence"):
        links = [link for link in visitor.get(page).links() if "/evidence/" in link]
        assert links and all(link.startswith(f"/my/cases/{case}/evidence/") for link in links), page
        shown = visitor.get(links[0])
        assert shown.status == 200 and shown.tree.xpath("//h1")[0].text.endswith(".pdf")


def test_opening_twice_by_one_form_opens_once_and_filing_twice_files_once(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    start = visitor.get("/apply/new?policy=XZ2023&item=M4a")
    first, second = (visitor.submit(start, action="/apply/new") for _ in range(2))
    assert number(first) == number(second) and rows(portal.store, func.count(col(Case.id)))[0][0] == 1
    case = number(first)
    fill(visitor, first, claim("M4a", 1))
    hand_in(visitor, case)
    check = visitor.get(f"/apply/{case}/check")
    for _ in range(2):
        assert f"/apply/{case}/done?act=" in visitor.submit(check, action="/apply/", truth="yes").url
    acts = [row.action for row in rows(portal.store, col(Decision.action))]
    assert acts.count("file") == 1


def test_what_is_typed_is_kept_by_itself_and_shown_to_colleagues(portal: Portal) -> None:
    mine, colleague = portal.as_(applicant(0, 0)), portal.as_(applicant(0, 1))
    page = begin(mine)
    case = number(page)
    fields = dict(page.form(action="/apply/").form_values()) | {"product": "算例", "certified_on": "去年"}
    kept = mine.client.post(f"/apply/{case}/save", data=fields, headers={"accept": "application/json"})
    assert kept.json()["text"].startswith("已保存 ")
    again = colleague.get(f"/apply/{case}")
    assert "另一经办人" in again.words()
    assert again.form(action="/apply/").fields["product"] == "算例"
    assert again.form(action="/apply/").fields["certified_on"] == "去年"  # wrong, and not lost


def test_wrong_and_missing_fields_are_said_at_once_and_lead_to_their_fields(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    page = fill(visitor, begin(visitor), {"product": "算例", "certified_on": "去年"})
    assert page.status == 422
    leads = page.tree.xpath("//div[contains(@class,'govuk-error-summary')]//a/@href")
    assert {"#f-level", "#f-certified_on", "#f-certificate_no"} <= set(leads)
    for one in leads:
        assert page.tree.xpath(f"//*[@id='{one[1:]}']"), one
    assert page.form(action="/apply/").fields["certified_on"] == "去年"


def test_a_line_is_added_without_script_and_nothing_typed_is_lost(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    page = begin(visitor, "M16")
    stated = claim("M16", 1)
    page = visitor.submit(page, action="/apply/", press=("_more", "cost_lines"), **typed(stated))
    fields = page.form(action="/apply/").fields
    assert fields["cost_lines[0].document"] == stated["cost_lines"][0]["document"]
    assert "cost_lines[1].document" in fields


def test_an_unfinished_claim_shows_what_lacks_and_cannot_be_signed(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    page = begin(visitor)
    check = visitor.get(f"/apply/{number(page)}/check")
    assert "必填" in check.words() and "缺少材料" in check.words() and "签署并提交" not in check.words()


def test_filing_needs_the_statement_of_truth_and_what_was_checked(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    page = begin(visitor)
    case = number(page)
    fill(visitor, page, claim("M4a", 1))
    hand_in(visitor, case)
    check = visitor.get(f"/apply/{case}/check")
    bare = visitor.submit(check, action="/apply/")
    assert bare.status == 422 and "真实性声明" in bare.words()
    fill(visitor, visitor.get(f"/apply/{case}"), {"model": "B"}, go="later")
    late = visitor.submit(check, action="/apply/", truth="yes")
    assert late.status == 422 and "又有修改" in late.words()
    assert stored(portal.store, case).state == "draft"


def test_the_filed_claim_is_what_was_typed_and_the_draft_goes(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    case = filed(visitor)
    kept = rows(portal.store, col(Snapshot.content), col(Snapshot.version))
    newest = max(kept, key=lambda row: row.version).content
    assert "算例织机1" in newest
    assert rows(portal.store, func.count(col(FormDraft.form)))[0][0] == 0
    assert stored(portal.store, case).version == 2


def test_papers_are_examined_and_a_paper_that_is_not_what_it_says_is_refused(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    case = number(begin(visitor))
    slot = required("M4a")[0].id
    wrong = upload(visitor, case, slot, "页.pdf", b"<html><script>alert(1)</script></html>")
    assert wrong.status == 422 and rows(portal.store, func.count(col(Evidence.id)))[0][0] == 0
    good = upload(visitor, case, slot, '"><svg onload=alert(1)>.pdf', PDF)
    assert good.status == 200 and not good.tree.xpath("//svg") and "已收到" in good.words()
    odd = upload(visitor, case, slot, "../../etc/passwd.pdf", PDF + b"\n")
    assert odd.status == 200 and "passwd.pdf" in odd.words()
    long = upload(visitor, case, slot, "很" * 190 + ".pdf", PDF + b"\n\n")
    assert long.status == 200 and len(rows(portal.store, col(Evidence.sha256))) == 3
    none = visitor.submit(visitor.get(f"/apply/{case}/evidence"), action="/apply/")
    assert none.status == 422 and "请先选择文件" in none.words()


def test_a_case_of_another_firm_is_not_found_on_any_page(portal: Portal) -> None:
    case = filed(portal.as_(applicant(0)))
    stranger = portal.as_(applicant(1))
    for path in (
        "/my/cases/{}",
        "/my/cases/{}/withdraw",
        "/apply/{}",
        "/apply/{}/evidence",
        "/apply/{}/check",
        "/apply/{}/done",
    ):
        there, nowhere = stranger.get(path.format(case)), stranger.get(path.format("XZ2023-M04-999999"))
        assert (there.status, nowhere.status) == (404, 404)
        assert there.words().replace(case, "") == nowhere.words().replace("XZ2023-M04-999999", "")
    token = stranger.get("/apply/new?policy=XZ2023&item=M4a").form(action="/apply/new").find(".//input").get("value")
    for path in ("/apply/{}", "/apply/{}/save", "/apply/{}/evidence", "/apply/{}/check", "/my/cases/{}/withdraw"):
        fields = {"_token": token, "act_id": str(UUID(int=7)), "reason": "x", "truth": "yes", "draft": "1", "seen": "2"}
        assert stranger.post(path.format(case), fields).status == 404
    assert stored(portal.store, case).state == "filed"


def test_a_letter_is_read_and_kept_by_its_own_firm_only(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    case = filed(visitor)
    automatic_checks.submit(portal.store)
    missing = ("算例：补一页",)
    by = officer(Duty.ACCEPTOR)
    back = commands.ReturnForCorrection(
        case=stored(portal.store, case).id, by=by, act_id=named("back"), missing=missing
    )
    act(portal.store, back)
    page = visitor.get(f"/my/cases/{case}")
    (paper,) = [one for one in page.links() if "/papers/" in one]
    kept = visitor.client.get(paper)
    assert kept.headers["content-disposition"].startswith("attachment") and "算例：补一页" in kept.text
    assert portal.as_(applicant(1)).get(paper).status == 404


def test_withdrawing_needs_a_reason(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    case = filed(visitor)
    page = visitor.submit(visitor.get(f"/my/cases/{case}/withdraw"))
    assert page.status == 422 and "请写明撤回理由" in page.words()
    assert stored(portal.store, case).state == "filed"


def test_the_pages_speak_english(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    visitor.get("/language/en")
    page = begin(visitor)
    case = number(page)
    words = " ".join(
        visitor.get(f"{path}").words()
        for path in ("/my", f"/my/cases/{case}", f"/apply/{case}", f"/apply/{case}/check")
    )
    assert "Check and file" in words and "Sign and file" not in words and "What is on record" in words
