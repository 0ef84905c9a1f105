"""An officer's turn: a case waits for a duty in a unit."""

from notifications.wording.kit import Text, Wording

WORDINGS = {
    "turn": Wording(
        Text(
            title="待办",
            officer="案件 {case} 到您办理的环节。",
            officer_do="请及时处理。",
        ),
        Text(
            title="Your turn",
            officer="Case {case} is waiting for you.",
            officer_do="Please deal with it.",
        ),
    ),
    "comparison": Wording(
        Text(
            title="有补助待比对",
            officer="案件 {case} 有 {count} 项其他补助可能与本案相同，比对前不核算、不拨付。",
            officer_do="请逐项比对，写明相同或不同的理由。",
        ),
        Text(
            title="Benefits to be compared",
            officer="Case {case}: {count} other benefits may be the same; until they are compared nothing is priced or paid.",
            officer_do="Say of each whether it is the same or another, and why.",
        ),
    ),
    "opinion_asked": Wording(
        Text(
            title="请出具联审意见",
            officer="案件 {case} 需本单位出具联审意见；未答复不视为同意。",
            officer_do="请查看认定事实后出具意见，否定意见须写明理由。",
        ),
        Text(
            title="Joint opinion asked",
            officer="Case {case} needs your unit's opinion; silence is not consent.",
            officer_do="Look at the certified facts and give it; a negative one needs its reason.",
        ),
    ),
    "waiver_asked": Wording(
        Text(
            title="请核准例外",
            officer="案件 {case} 有核验项未通过，已有人提出例外：{reason}。",
            officer_do="请核对所依据的材料；同意的，由您核准（waive），不同意的不必办理。",
        ),
        Text(
            title="Override asked",
            officer="Case {case} fails a check; an override was asked for: {reason}.",
            officer_do="Look at the paper it rests on; if you agree, confirm it (waive), if not, do nothing.",
        ),
    ),
    "opinions_negative": Wording(
        Text(
            title="联审有否定意见",
            officer="案件 {case} 的联审有否定意见。",
            officer_do="请单位负责人裁定（写明理由），或不予支持。",
        ),
        Text(
            title="Negative joint opinion",
            officer="Case {case} has a negative opinion from its joint review.",
            officer_do="As head of the unit, override it with a reason, or refuse the case.",
        ),
    ),
}
