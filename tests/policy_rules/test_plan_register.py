"""The register of the plan: every measure, safeguard and sentence is there, with its official title and its units."""

import pytest

from policies import get
from policies.measures import Measure
from policies.programme import Closing

# code: title, then the units in the order in which the plan names them; the first leads.
TABLE = """
M1   鼓励研发（设计）“走出去”                 区科技局
M2   支持企业研发（设计）人才引育             区委人才办 区人力社保局 区经商局
M3   加大加计扣除政策宣贯落地                 区税务局 区科技局
M4   推动开展新产品研发                       区经商局
M5   推动自主品牌建设                         区市场监管局 区经商局 区金融办
M6   着力培育区域品牌                         区市场监管局
M7   积极参与标准制定                         区市场监管局
M8   加强品牌宣传推广                         区委宣传部 区经商局 区传媒中心
M9   推动发展个性化定制、柔性化生产           区经商局
M10  推动细分行业中小企业数字化改造           区经商局
M11  推动绿色化改造                           区经商局 区发改局 区资规分局 区生态环境分局
M12  积极开展展销对接                         区经商局
M13  支持设立展销中心                         区经商局 区税务局
M14  鼓励企业外出参展                         区经商局
M15  积极应用电商拓市                         区经商局
M16  支持开设首店                             区经商局
M17  鼓励开设工厂店                           区经商局 区文旅局
M18  加大产品推广应用                         区发改局 区经商局 区财政局 区住建局 区政务数据办
M19  加快惠企政策兑现                         区发改局 区经商局 区科技局 区金融办 相关涉企部门
M20  推进中小微信贷“两提两降”                 区金融办
M21  建设新型储能设施降低用电成本             区发改局 区经商局 秀洲供电分公司
M22  加快推进“工业上楼”                       区资规分局
S1   提高思想认识                             区发改局 区经商局 相关部门
S2   实施“一镇一品”                           区经商局 各镇 嘉兴国家高新区
S3   坚持龙头示范                             区经商局 各镇 嘉兴国家高新区
S4   发挥协会积极作用                         区工商联 区经商局
"""
ROWS = [tuple(row.split()) for row in TABLE.strip().splitlines()]
PLAN = get("XZ2023")


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_measure_is_registered_with_its_official_title_and_its_units_in_order(row: tuple[str, ...]) -> None:
    code, title, *units = row
    measure = PLAN.measure(code)
    assert (measure.title.zh, [unit.zh for unit in measure.units]) == (title, units)
    assert (measure.lead.zh, [unit.zh for unit in measure.joint]) == (units[0], units[1:])


def test_nothing_else_is_registered_and_all_in_the_order_of_the_plan() -> None:
    assert [measure.code for measure in PLAN.measures] == [*(row[0] for row in ROWS), "F"]
    assert [measure.number for measure in PLAN.measures if measure.number] == list(range(1, 23))


def test_the_final_clause_is_registered_sentence_by_sentence_with_what_each_runs() -> None:
    final = PLAN.measure("F")
    assert isinstance(final, Closing)
    assert [clause.code for clause in final.clauses] == ["F1", "F2", "F3", "F4"]
    assert final.clauses[1].title.zh == "就高不重复"
    assert all(clause.runs for clause in final.clauses)


def test_the_final_clause_names_settings_that_exist() -> None:
    final = PLAN.measure("F")
    assert isinstance(final, Closing)
    named = {name for clause in final.clauses for name in clause.settings}
    assert named <= {setting.id for setting in PLAN.settings}


@pytest.mark.parametrize("measure", PLAN.measures, ids=lambda measure: measure.code)
def test_a_measure_cites_its_clause_and_every_unit_is_one_of_the_plan(measure: Measure) -> None:
    clauses = {"M": f"第 {measure.number} 条", "S": "保障措施", "F": "末段"}
    assert measure.clause.startswith(clauses[measure.code[0]])
    assert set(measure.units) <= set(PLAN.units)
