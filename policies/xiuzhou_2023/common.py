"""What several measures of the plan leave open in the same way, each said once."""

from __future__ import annotations

from policies.kit import (
    ChoiceKind,
    CostLine,
    CountKind,
    Identifier,
    KeyKind,
    Kind,
    ListKind,
    Money,
    Need,
    Parameter,
    RateKind,
    Scope,
    Shape,
    ShapeKind,
    Slot,
    Text,
    TextKind,
)


def shape_parameter(id: str, zh: str, en: str, kind: ShapeKind | None = None) -> Parameter:
    """How the amount follows; the text only says "at most", so there is none until it is set."""
    names = "、".join(shape.name for shape in (kind or ShapeKind()).shapes)
    return Parameter(
        id=id,
        title=Text(f"{zh}的计算方式", f"{en}: shape of the amount"),
        decides=Text(f"在最高限额以内金额如何形成：{names}", f"how the amount follows below the ceiling: {names}"),
        kind=kind or ShapeKind(),
    )


def rate_parameter(id: str, zh: str, en: str) -> Parameter:
    """The 一定比例 that the text leaves open."""
    return Parameter(
        id=id,
        title=Text(f"{zh}的补助比例", f"{en}: rate"),
        decides=Text("补助占认定实际投资额的比例", "share of the recognised actual investment that is paid"),
        kind=RateKind(),
    )


def scope_parameter(id: str, zh: str, en: str, *among: Scope) -> Parameter:
    """What the ceiling is counted over, asked for once the applicant has an earlier award of the item."""
    return Parameter(
        id=id,
        title=Text(f"{zh}最高限额的范围", f"{en}: scope of the ceiling"),
        decides=Text(
            "同一申请人再次申请时最高限额按什么合计", "what the ceiling counts over when the applicant comes again"
        ),
        kind=ChoiceKind(among=among or (Scope.SUBJECT, Scope.YEAR, Scope.APPLICANT)),
        need=Need.WHERE_ASKED,
    )


def joint_parameter(id: str, zh: str, en: str) -> Parameter:
    """Joint winners or joint first drafters."""
    return Parameter(
        id=id,
        title=Text(f"{zh}并列时的处理", f"{en}: several in the same place"),
        decides=Text("full：各自全额，equal：平均分享", "each the full amount, or equal shares"),
        kind=ChoiceKind(among=("full", "equal")),
        need=Need.WHERE_ASKED,
    )


def list_parameter(
    id: str, title: tuple[str, str], decides: tuple[str, str], need: Need = Need.WHERE_ASKED
) -> Parameter:
    """Names that count where the text ends its own list with 等 or names a class without its members."""
    return Parameter(id=id, title=Text(*title), decides=Text(*decides), kind=ListKind(), need=need)


def optional_parameter(id: str, zh: str, en: str, kind: Kind | None = None) -> Parameter:
    """A condition that the text does not state; unset, the certifying unit decides in each case."""
    return Parameter(
        id=id,
        title=Text(zh, en),
        decides=Text(f"{zh}；未设定时由认定单位逐案认定", f"{en}; unset, the certifying unit decides case by case"),
        kind=kind or CountKind(),
        need=Need.OPTIONAL,
    )


def definition(id: str, zh: str, en: str) -> Parameter:
    """A definition in words that guides certification."""
    return optional_parameter(id, zh, en, TextKind())


def slot(id: str, zh: str, en: str, *, required: bool = True, upload: bool = True, hint: str = "") -> Slot:
    """A place for evidence, in one line."""
    return Slot(id=id, title=Text(zh, en), required=required, upload=upload, hint=hint)


def known(
    kind: KeyKind,
    zh: str,
    en: str,
    example: str,
    *fields: str | tuple[str, ...],
    certain: bool = True,
    inside: bool = True,
    person: bool = False,
) -> Identifier:
    """A public identifier of an item's subject, in one line."""
    title = Text(zh, en)
    return Identifier(
        kind=kind, title=title, example=example, fields=fields, certain=certain, inside=inside, person=person
    )


def shapes(*among: type[Shape]) -> ShapeKind:
    """The shapes that make sense where only costs count."""
    return ShapeKind(shapes=among)


INVOICE = Text("发票代码+号码", "invoice code and number")


def cost(claimed: str, recognised: str = "", reason: str = "", document: str = "3300231130 00000001") -> CostLine:
    """A cost line of a worked example, yuan; recognised in full unless said otherwise."""
    return CostLine(
        document=document,
        description="算例费用",
        claimed=Money.yuan(claimed),
        recognised=Money.yuan(recognised or claimed),
        reason=reason,
    )
