"""The options of `act`: each belongs to some actions, which its help names."""

from typing import Annotated

from cli.house import option

Text = str | None
List = Annotated[
    Text,
    option(
        "--list",
        zh="批量文件：CSV、XLSX、JSON（列：case, action …）",
        en="CSV, XLSX or JSON of acts",
        metavar="FILE",
    ),
]
Facts = Annotated[
    Text, option("--facts", zh="认定事实的 JSON 文件（certify）", en="JSON file of facts (certify)", metavar="FILE")
]
AsClaimed = Annotated[
    bool,
    option(
        "--as-claimed",
        zh="按申报内容认定（certify）；与 --facts、--fact 不同之处以后者为准",
        en="certify what was claimed; --facts and --fact change or add to it",
    ),
]
Fact = Annotated[
    list[str] | None,
    option(
        "--fact", zh="一项认定事实：字段=值（certify，可多次）", en="NAME=VALUE (certify, repeat)", metavar="NAME=VALUE"
    ),
]
Claim = Annotated[
    Text, option("--claim", zh="申报内容的 JSON 文件（file）", en="JSON file of the claim (file)", metavar="FILE")
]
Reason = Annotated[Text, option("--reason", zh="理由", en="why")]
ReasonCode = Annotated[Text, option("--reason-code", zh="理由代码", en="reason code")]
Clause = Annotated[Text, option("--clause", zh="依据条款", en="the clause it rests on")]
Amount = Annotated[
    Text, option("--amount", zh="审定金额（decide，只能调低）", en="yuan (decide, only lower)", metavar="YUAN")
]
Minutes = Annotated[Text, option("--minutes", zh="会议纪要文号（decide）", en="number of the minutes (decide)")]
Missing = Annotated[
    list[str] | None, option("--missing", zh="需补正的内容（return，可多次）", en="what is missing (return)")
]
ComparisonNo = Annotated[int | None, option("--comparison", zh="比对序号（compare）", en="comparison (compare)")]
Verdict = Annotated[
    Text,
    option("--verdict", zh="same 相同、different 不同（compare）", en="same or different (compare)", metavar="WORD"),
]
Negative = Annotated[bool, option("--negative", zh="不同意（opine）", en="a negative opinion (opine)")]
Upheld = Annotated[bool, option("--upheld", zh="异议成立（answer）", en="the objection is upheld (answer)")]
ObjectionNo = Annotated[
    int | None, option("--objection", zh="异议序号（answer，有多件待答复时）", en="which objection (answer)")
]
Unsatisfied = Annotated[bool, option("--unsatisfied", zh="不通过，退回（review）", en="send back (review)")]
Visited = Annotated[bool, option("--visited", zh="已实地核查（screen）", en="the site was visited (screen)")]
OnBehalf = Annotated[bool, option("--on-behalf", zh="代录（file）", en="on behalf (file)")]
ReviewOn = Annotated[
    Text, option("--review-on", zh="复查日期（hold）", en="when it is looked at again (hold)", metavar="DATE")
]
Document = Annotated[Text, option("--document", zh="交付凭据（deliver）", en="the document that shows it (deliver)")]
Result = Annotated[
    Text, option("--result", zh="结果，如 selected（deliver，事项要求时）", en="what became of it (deliver)")
]
Check = Annotated[Text, option("--check", zh="核验项，如 exclusion（waive）", en="the check, like exclusion (waive)")]
Paper = Annotated[Text, option("--paper", zh="例外所依据的材料（waive）", en="the paper it rests on (waive)")]
MilestoneNo = Annotated[int | None, option("--milestone", zh="节点序号（report）", en="milestone (report)")]
RuleVersion = Annotated[
    Text, option("--rule-version", zh="规则版本（rebind）", en="version of the rule (rebind)", metavar="ID")
]
Done = Annotated[Text, option("--text", zh="进展（report）", en="what was done (report)")]
Indicator = Annotated[
    list[str] | None, option("--indicator", zh="指标=数值（report，可多次）", en="NAME=VALUE (report, repeat)")
]
Period = Annotated[
    Text,
    option("--period", zh="指标期间，如 2023-Q3（report）", en="period of the figures (report)"),
]
Seen = Annotated[int | None, option("--seen", zh="您看到的版本；案件已更新则不办理", en="the version you looked at")]
ActId = Annotated[
    Text, option("--act-id", zh="操作编号（UUID）；同一编号重复提交无害", en="a UUID; a repeat is harmless")
]
