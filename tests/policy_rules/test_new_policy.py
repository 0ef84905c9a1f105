"""The sample that `policy new` writes: whole, fictional in every word; each way of breaking it is told in both languages."""

import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

import policies
from policies.built_in import BUILT_IN
from policies.checking import CALENDAR, FORBIDDEN, faults, notes
from policies.kit import Chain, Money, Policy
from policies.new_policy import WrongName, code_of, write_policy
from support import tree
from support.passing_modules import forget_passing

Sample = Callable[..., str]


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sample]:
    """Writes a sample under a name of its own, edited, and makes it importable; gives its module's name."""
    modules = set(sys.modules)

    def made(name: str, *edits: tuple[str, str, str]) -> str:
        write_policy(tmp_path / name, name, code=code_of(name, 2026), year=2026)
        for file, old, new in edits:
            path = tmp_path / name / name / file.replace("NAME", name)
            text = path.read_text(encoding="utf-8")
            assert old.replace("NAME", name) in text, f"{file} no longer says {old}"
            path.write_text(text.replace(old.replace("NAME", name), new.replace("NAME", name)), encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path / name))
        return name

    yield made
    forget_passing(modules)


def policy_of(name: str) -> Policy:
    found: Policy = import_module(name).POLICY
    return found


def test_it_has_one_measure_of_each_chain_for_the_year_and_nothing_is_missing(sample: Sample) -> None:
    name = sample("written_sample")
    policy = policy_of(name)
    assert [item.chain for item in policy] == [Chain.CASH_GRANT, Chain.IN_KIND, Chain.PROGRAMME]
    assert (policy.code, policy.opens, policy.closes) == ("WRITTEN-SAMPLE2026", date(2026, 1, 1), date(2026, 12, 31))
    assert faults(name) == []
    assert all(item.digest for item in policy)


def test_everything_in_it_is_marked_as_fictional_and_no_figure_could_be_a_governments(sample: Sample) -> None:
    policy = policy_of(sample("fictional_sample"))
    for text in (policy.title, policy.district, *(item.title for item in policy)):
        assert "虚构" in text.zh and "fictional" in text.en.lower()
    assert all("虚构" in unit.zh and "fictional" in unit.en for unit in policy.units)
    assert all("虚构" in measure.clause for measure in policy.measures)
    (cash,) = policy.money_items
    assert cash.ceiling == Money.yuan(5)
    (note,) = notes(policy)
    assert "不得用于正式办理" in note.zh and "before real use" in note.en


def test_its_files_keep_the_houses_format(sample: Sample, tmp_path: Path) -> None:
    name = sample("formatted")
    for command in (("format", "--check"), ("check", "--select", "E,F,W,I,B,UP")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", str(tmp_path / name)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


EQUIPMENT, LIBRARY, TRAINING = "m01_NAME_equipment.py", "m02_NAME_library.py", "m03_NAME_training.py"
EDITS = (
    ("flow_left_out", "page.py", "def m02_NAME_library(", "def library(", "M2 has no flow"),
    ("wrong_steps", "page.py", "announce, deliver)", "announce, pay)", "M2 is a support in kind"),
    ("not_registered", "__init__.py", '    "m02_NAME_library",\n', "", "m02_not_registered_library.py is not registered"),
    ("engine_in_the_law", EQUIPMENT, "from datetime import date", "from datetime import date\nimport prefect", "imports prefect"),
    ("a_layer_above", EQUIPMENT, "from datetime import date", "from datetime import date\nimport casework", "imports casework"),
    ("a_clock", LIBRARY, "from datetime import date", "from datetime import date\nfrom time import time", "imports time"),
    ("a_float", EQUIPMENT, "machines=4), amount", "machines=int(4.0)), amount", "a float"),
    ("untrue", EQUIPMENT, 'amount="4.00"', 'amount="4.01"', "comes out otherwise"),
    ("undeclared", EQUIPMENT, "    parameters=(SCOPE,),\n", "", "asks for P1-scope, which the item does not declare"),
    ("unknown_unit", "units.py", "ALL = (INDUSTRY, TREASURY)", "ALL = (TREASURY,)", "is not among the policy's units"),
    ("no_treasury", "units.py", "ALL = (INDUSTRY, TREASURY)", "ALL = (INDUSTRY,)", "the treasury"),
    ("no_english", LIBRARY, 'Text("项目库", "library of projects")', 'Text("项目库", "")', "a wording in both languages"),
    ("no_papers", EQUIPMENT, '(Slot(id="invoice", title=Text("设备发票", "invoices of the machines")),)', "()", "no evidence"),
    ("no_refusal", LIBRARY, '        Example(title="不符合条件", facts=replace(FIT, fits=False), refused="不符合入库条件"),\n', "",
     "no worked example is refused"),
    ("twice", EQUIPMENT, "    parameters=(SCOPE,),", "    parameters=(SCOPE, SCOPE),", "two parameters are called P1-scope"),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "file", "old", "new", "said"), EDITS, ids=[edit[0] for edit in EDITS])
def test_what_is_missing_or_contradicts_is_told_in_both_languages(
    sample: Sample, name: str, file: str, old: str, new: str, said: str
) -> None:
    found = faults(sample(name, (file, old, new)))
    assert any(said in fault.en for fault in found), found
    assert all(words.zh.strip() and words.en.strip() and words.zh != words.en for words in found)


@pytest.mark.parametrize(
    ("name", "code", "year", "field"),
    [
        ("Lakeside", "L1", 2026, "NAME"),
        ("no-name", "L1", 2026, "NAME"),
        ("json", "L1", 2026, "NAME"),
        ("policies", "L1", 2026, "NAME"),
        ("x" * 33, "L1", 2026, "NAME"),
        ("lakes", "l1", 2026, "--code"),
        ("lakes", "XZ2023", 2026, "--code"),
        ("lakes", "L1", 1999, "--year"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str, code: str, year: int, field: str) -> None:
    with pytest.raises(WrongName) as caught:
        write_policy(tmp_path / "new", name, code=code, year=year)
    assert caught.value.field == field and caught.value.zh and caught.value.en
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WrongName, match="不覆盖"):
        write_policy(tmp_path, "lakes", code="L1", year=2026)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_policies_of_others_may_import_what_ours_may() -> None:
    project = tomllib.loads(tree.text(Path("pyproject.toml")))
    (ours,) = (contract for contract in project["tool"]["importlinter"]["contracts"] if contract["type"] == "outside")
    assert set(ours["forbidden"]) == FORBIDDEN and ours["allowed"] == [CALENDAR]


def test_our_own_plan_is_checked_by_the_same_eyes() -> None:
    assert faults(BUILT_IN["XZ2023"], page="flows.xiuzhou_2023") == []
    assert faults("other_policies.lakeside.policy") == []
    assert notes(policies.get("XZ2023")) == []
