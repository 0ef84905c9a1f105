"""Rules that were used are never edited: their digests are on record, and comments do not change them."""

import json
from pathlib import Path

import policies
from policies.digest import bare_source, digests
from policies.xiuzhou_2023 import m14_trade_fairs

RECORD = Path(__file__).with_name("rule_digests.json")
HOW = "a rule or its figures changed; if none was used yet: python -m policies.digest XZ2023 > " + RECORD.name


def test_every_rule_is_the_one_on_record() -> None:
    on_record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert digests("XZ2023") == on_record, HOW


def test_every_item_has_a_digest_of_its_measures_file() -> None:
    plan = policies.get("XZ2023")
    assert plan.item("M14a").digest != plan.item("M1").digest
    assert all(len(item.digest) == 64 for item in plan)


def test_a_comment_or_docstring_does_not_change_a_rule_but_a_figure_does(tmp_path: Path) -> None:
    source = Path(m14_trade_fairs.__file__).read_text(encoding="utf-8")
    commented = source.replace('"""At most 300,000 yuan', '"""Not more than 300,000 yuan') + "\n# a remark\n"
    changed = source.replace("Money.wan(30)", "Money.wan(31)")
    assert source != commented and source != changed
    written = []
    for number, text in enumerate((source, commented, changed)):
        path = tmp_path / f"{number}.py"
        path.write_text(text, encoding="utf-8")
        written.append(bare_source(path))
    assert written[0] == written[1] != written[2]
