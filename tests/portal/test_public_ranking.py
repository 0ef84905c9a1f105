"""`/ranking`: rankings as published, for everybody: places, figures with their sources, every version."""

from pathlib import Path

from casework.calendar_jobs import ranking_days
from casework.programmes import ranking_catalogue, ranking_snapshots
from casework.programmes.ranking_catalogue import NewValue
from models import Duty
from models.store import Store
from support.evaluated_units import AFTER, POLICY, UNITS, evaluation
from support.evaluated_units import FIRST as DATE
from support.portal import Portal
from support.stage import FINANCE, TOWN, officer

PAGE = f"/ranking/{POLICY.code}/{DATE}"


def test_nobody_needs_an_account_to_read_a_ranking_and_its_correction(store: Store, tmp_path: Path) -> None:
    contest = evaluation(store)
    visitor = Portal(store, tmp_path).visitor()
    assert "还没有公布过排名" in visitor.get("/ranking").words() and visitor.get(PAGE).status == 404
    contest.enter()
    ranking_days.snapshots(store, AFTER)
    page = visitor.get("/ranking")
    rows = [" ".join(row.itertext()) for row in page.tree.xpath("//table[1]/tbody/tr")]
    assert rows[0] == f"1 {FINANCE} 86.66" and all(unit in page.words() for unit in UNITS)
    assert "算例年鉴" in page.words() and "60%" in page.words() and "第 1 版" in page.words()
    head = officer(Duty.HEAD)
    better = NewValue(indicator="算例产值增速", unit=TOWN, period="2023-09", value="9", source="算例年鉴")
    ranking_catalogue.enter(store, head, POLICY, [better])
    ranking_snapshots.correct(store, head, POLICY, DATE, reason="算例更正")
    newest = visitor.get("/ranking")
    assert f"1 {TOWN} 100.00" in newest.words() and "更正理由：算例更正" in newest.words()
    assert f"{PAGE}?version=1" in newest.links()
    first = visitor.get(f"{PAGE}?version=1")
    assert f"1 {FINANCE} 86.66" in first.words() and "此版已更正" in first.words() and PAGE in first.links()
    english = visitor.get(f"{PAGE}?lang=en").words()
    assert "version 2" in english and "Corrected because" in english
    for wrong in (f"{PAGE}?version=3", f"/ranking/NONE/{DATE}", f"/ranking/{POLICY.code}/x"):
        assert visitor.get(wrong).status == 404
