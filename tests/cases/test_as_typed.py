"""What people see of a subject is what was typed; the form in which it is compared only explains why two are the same."""

from typing import Any

import pytest

from casework.awards import external_benefits
from casework.lifecycle import commands as r
from casework.stacking.benefit_keys import case_keys, stated
from casework.views import comparisons, dossier
from models import State
from models.store import Store
from policies.benefits import KeyKind
from policies.measures import Item
from support.bilingual import CHINESE
from support.comparing import enter, received
from support.office import POLICY
from support.stage import Stage, claim, facts
from support.walk import Walk

PAYING = [item for item in POLICY if item.pays]


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish())


@pytest.mark.parametrize("item", PAYING, ids=lambda item: item.id)
def test_a_case_shows_what_its_item_is_known_by_and_nothing_else(item: Item) -> None:
    form: Any = item.examples[0].facts
    found = list(stated(item, form, "enterprise", "91330411MA2CULA21L", lambda text: f"hash-{text}"))
    titles = [identifier.title.zh for identifier in item.identifiers] + [KeyKind.ENTERPRISE.zh]
    titles += [item.document.zh] if item.document else []
    for benefit in found:
        assert any(benefit.words.zh.startswith(title) for title in titles), benefit.words.zh
        assert benefit.words.en and not CHINESE.search(benefit.words.en.split(" ")[0]), benefit.words.en
    keys = {key for benefit in found for key in benefit.keys}
    assert keys == {
        case_key.key
        for case_key in case_keys(item, form, "enterprise", "91330411MA2CULA21L", lambda text: f"hash-{text}")
    }


def filed(walk: Walk, item: str, which: int, **changes: Any) -> str:
    case = walk.open(item, which)
    walk.do(r.File, walk.stage.case(case), claim={**claim(item, which), **changes})
    return walk.stage.case(case).number


def test_a_standard_is_no_project_and_a_contract_no_is_what_its_field_says(walk: Walk) -> None:
    lines = [{"document": "HT-2023/05 甲", "claimed": "1000.00"}]
    number = filed(walk, "M7", 1, number="GB/T 0001—2023", cost_lines=lines)
    rows = [(subject["basis"], subject["certain"]) for subject in dossier(walk.stage.store, number).subjects]
    assert ("标准号 GB/T 0001—2023", True) in rows and ("发票代码+号码 HT-2023/05 甲", True) in rows
    assert not any(basis.startswith(("项目", "合同")) for basis, _ in rows), rows
    assert len(rows) == 4, "standard no., its name, the paper of the cost, the firm"


def test_what_each_side_typed_is_shown_and_why_both_are_the_same(walk: Walk) -> None:
    enter(walk, received(KeyKind.STANDARD, "gbt0001—2023"))
    first = filed(walk, "M7", 1, number="GB/T 0001-2023")
    second = filed(walk, "M7", 2, number="gb/t 0001-2023")
    file = dossier(walk.stage.store, second)
    assert any(f"{first}（本案 标准号 gb/t 0001-2023，对方 标准号 GB/T 0001-2023，比对时同为 GBT-0001-2023）" in words
               for words in file.same_subject), file.same_subject  # fmt: skip
    assert any("there standard gbt0001—2023, both compared as GBT-0001-2023" in words for words in file.same_subject_en)
    assert all("本案" not in words for words in dossier(walk.stage.store, filed(walk, "M4a", 3)).same_subject)
    (row,) = external_benefits.listed(walk.stage.store)
    assert (row.basis, row.basis_en, row.compared) == (
        "标准 gbt0001—2023", "standard gbt0001—2023", "标准 GBT-0001-2023"
    )  # fmt: skip


def test_a_comparison_shows_both_sides_as_typed(walk: Walk) -> None:
    enter(walk, received(KeyKind.DEVICE, "算例 织机1"), received(KeyKind.PERSON, "算例人"))
    case = walk.to(walk.open("M4a", 1), State.SCREENED)
    walk.do(r.Certify, case, facts=facts("M4a", 1))
    walk.forward(case.id)
    (row,) = comparisons(walk.stage.store).rows
    assert row.other.endswith("（设备 算例 织机1）") and row.other_basis == "设备 算例 织机1"
    assert row.own_basis.endswith("算例织机1") and row.compared == "算例织机-1"
    person = next(each_row for each_row in external_benefits.listed(walk.stage.store) if "加密" in each_row.basis)
    assert "算例人" not in person.basis + person.basis_en + person.subject, "of a person only the keyed hash is kept"
