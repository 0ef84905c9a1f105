"""A ranking as one HTML page to print and post: places, points, and every figure with its source."""

from collections.abc import Sequence
from html import escape
from typing import Any

from casework.programmes.ranking_snapshots import RankingRow, shown

_STYLE = (
    "body{font:14px/1.6 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}"
    "td,th{border:1px solid #555;padding:.3em .8em;text-align:left}.n{text-align:right}"
)


def page(ranking_row: RankingRow, *, demo: bool) -> str:
    """The whole page."""
    mark = "【演示 DEMO】" if demo else ""
    title = f"{mark}赛马排名 {ranking_row.as_of}（第 {ranking_row.sequence} 版）"
    corrected = f"<p>更正理由：{escape(ranking_row.reason)}</p>" if ranking_row.reason else ""
    return (
        f'<!doctype html>\n<html lang="zh-CN"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>\n'
        f"<h1>{escape(title)}</h1>{corrected}\n{_places(ranking_row.content)}\n{_figures(ranking_row.content)}\n"
        f"<p>评估方案 {escape(ranking_row.content['case'])} · 内容摘要 sha256 {escape(ranking_row.hash)}</p></html>\n"
    )


def _places(content: dict[str, Any]) -> str:
    rows = [(str(row["place"]), row["unit"], shown(row["points"])) for row in content["rows"]]
    return _table(("名次", "单位", "得分"), rows, last_is_number=True)


def _figures(content: dict[str, Any]) -> str:
    weights = {str(row["title"]): str(row["weight"]) for row in content["catalogue"]}
    rows = [
        (title, f"{weights[title]}%", unit, value["period"], value["source"], value["value"])
        for title, units in content["figures"].items()
        for unit, value in units.items()
    ]
    return _table(("指标", "权重", "单位", "期间", "来源", "数值"), rows, last_is_number=True)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], *, last_is_number: bool) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{_cells(row, last_is_number)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], last_is_number: bool) -> str:
    kinds = [""] * (len(row) - 1) + (['class="n"'] if last_is_number else [""])
    return "".join(f"<td {kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
