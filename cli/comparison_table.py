"""Comparisons as people read them: what the case is compared with, why, and what was said."""

from __future__ import annotations

from typing import Any

from cli import output
from cli.language import language, t


def show(rows: Any) -> None:
    """Comparisons as a table: what the case is compared with, why, and what was said."""
    columns = (t("案件", "case"), t("比对对象", "compared with"), t("缘由", "why"), t("结论", "verdict"))
    output.table(
        columns,
        [
            (f"{row.case}\n{t('第', 'no. ')}{row.sequence}{t('项', '')}", _other(row), _why(row), _said(row))
            for row in rows
        ],
    )


def _other(row: Any) -> str:
    sum_ = f"{output.yuan(row.amount_fen)} {t('元', 'yuan')}" if row.amount_fen is not None else ""
    return "\n".join(part for part in (row.other, f"{row.level} {sum_}".strip(), row.period) if part)


def _why(row: Any) -> str:
    from casework.views.comparison_list import LIKENESS

    own, other = t(row.own_basis, row.own_basis_en), t(row.other_basis, row.other_basis_en)
    said = [t(f"本案 {own}", f"here {own}")] if own else []
    said += [t(f"对方 {other}", f"there {other}")] if other and other != own else []
    said += [t(f"比对时同为 {row.compared}", f"both compared as {row.compared}")] if row.compared else []
    return "\n".join((LIKENESS[row.why][language() == "en"], *said))


def _said(row: Any) -> str:
    from casework.views.comparison_list import VERDICTS

    said = VERDICTS[row.verdict][language() == "en"]
    whose = row.owner_unit or row.decided_by
    return "\n".join(part for part in (said, whose, row.reason) if part)
