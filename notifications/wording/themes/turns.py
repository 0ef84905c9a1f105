"""An officer's turn: a case waits for a duty in a unit."""

from notifications.wording.wording_parts import MessageText, Wording

WORDINGS = {
    "turn": Wording(
        MessageText(
            title="待办",
            officer="案件 {case} 到您办理的环节。",
            officer_do="请及时处理。",
        ),
        MessageText(
            title="Your turn",
            officer="Case {case} is waiting for you.",
            officer_do="Please deal with it.",
        ),
    ),
    "comparison": Wording(
        MessageText(
            title="有补助待比对",
            officer="案件 {case} 有 {count} 项其他补助可能与本案相同，比对前不核算、不拨付。",
            officer_do="请逐项比对，写明相同或不同的理由。",
        ),
        MessageText(
            title="Benefits to be compared",
            officer="Case {case}: {count:other benefit|other benefits} may be the same; until compared nothing is priced or paid.",
            officer_do="Say of each whether it is the same or another, and why.",
        ),
    ),
    "comparison_after_payment": Wording(
        MessageText(
            title="付款后有补助待比对",
            officer="案件 {case} 的款项放行或拨付后，又登记了 {count} 项可能相同的其他补助；尚未导出的批次暂不导出。",
            officer_do="请认定单位逐项比对，写明理由；认定相同且已付的，由付款单位办理追回。",
        ),
        MessageText(
            title="Benefits to be compared after payment",
            officer="Case {case}: {count:other benefit|other benefits} entered after release or payment may be the same;"
            " files not written yet wait.",
            officer_do="The certifier says of each whether it is the same; the unit that pays recovers what was paid too much.",
        ),
    ),
    "to_recover": Wording(
        MessageText(
            title="已拨款项须追回",
            officer="案件 {case} 拨付后认定与 {note} 为同一补助：{reason}。",
            officer_do="请按就高不重复核定应退数额并办理追回。",
        ),
        MessageText(
            title="To be recovered",
            officer="Case {case} is paid, and {note} is found to be the same benefit: {reason}.",
            officer_do="Settle what is to be given back, and recover it.",
        ),
    ),
    "opinion_asked": Wording(
        MessageText(
            title="请出具联审意见",
            officer="案件 {case} 需本单位出具联审意见；未答复不视为同意。",
            officer_do="请查看认定事实后出具意见，否定意见须写明理由。",
        ),
        MessageText(
            title="Joint opinion asked",
            officer="Case {case} needs your unit's opinion; silence is not consent.",
            officer_do="Look at the certified facts and give it; a negative one needs its reason.",
        ),
    ),
    "waiver_asked": Wording(
        MessageText(
            title="请核准例外",
            officer="案件 {case} 有核验项未通过，已有人提出例外：{reason}。",
            officer_do="请核对所依据的材料；同意的，由您核准（waive），不同意的不必办理。",
        ),
        MessageText(
            title="Override asked",
            officer="Case {case} fails a check; an override was asked for: {reason}.",
            officer_do="Look at the paper it rests on; if you agree, confirm it (waive), if not, do nothing.",
        ),
    ),
    "stopped": Wording(
        MessageText(
            title="案件停住待处理",
            officer="案件 {case} 停在您单位：{reason}。",
            officer_do="请用 duixian inbox 查看可办的步骤；原因消除后案件自动继续。",
        ),
        MessageText(
            title="A case stands still",
            officer="Case {case} stands still with your unit: {reason_en}.",
            officer_do="See what may be done with duixian inbox; when the reason is gone the case goes on by itself.",
        ),
    ),
    "opinions_negative": Wording(
        MessageText(
            title="联审有否定意见",
            officer="案件 {case} 的联审有否定意见。",
            officer_do="请单位负责人裁定（写明理由），或不予支持。",
        ),
        MessageText(
            title="Negative joint opinion",
            officer="Case {case} has a negative opinion from its joint review.",
            officer_do="As head of the unit, override it with a reason, or refuse the case.",
        ),
    ),
}
