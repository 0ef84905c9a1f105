"""The one normal form of what names a subject: how it is typed says nothing, what it says is kept."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.benefits import KeyKind, subject_key, written
from policies.forms import WrongFacts, document_key

SEPARATORS = st.sampled_from(
    ["", " ", "\u3000", "-", "—", "–", "/", "\uff0f", "·", "•", "\u200b", "\u00a0", "_", "（", ")"]
)
WORDS = st.lists(st.sampled_from(["GB", "T", "算例", "织机", "SL", "iF", "有限公司"]), min_size=1, max_size=4)
FIGURES = st.lists(st.integers(0, 99_999), min_size=1, max_size=3)


def wide(text: str) -> str:
    """The same in full-width signs."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("GB/T 12345-2023", "GBT12345—2023"),
        ("GB/T 12345-2023", wide("gb/t 12345-2023")),
        ("T/ZZB 0123-2023", "t/zzb0123 2023"),
        ("算例（嘉兴）有限公司", "算例(嘉兴)有限公司"),
        ("算·例", "算•例"),
        ("SL-1", "sl 1"),
        ("广交会 | 2024-04-05", "广交会，2024年4月5日"),
        ("广交会 | 2024-04-05", "广交会 2024/4/5"),
        ("巴黎时装周 | 2024 春夏", "巴黎时装周2024年春夏"),
        ("iF 设计金奖 | 座灯 | 2024", "IF设计金奖 座灯 2024年度"),
        ("算\u200b例", "算例"),
    ],
)
def test_two_spellings_are_one_subject(name: str, other: str) -> None:
    assert document_key(name) == document_key(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("GB/T 12345-2023", "GB/T 12346-2023"),
        ("GB/T 12345.1-2023", "GB/T 123451-2023"),
        ("HT-2023-1 1", "HT-2023-11"),
        ("A-1 1", "A-11"),
        ("SL-1", "SL-10"),
        ("2024-04-05", "2024-05-04"),
    ],
)
def test_what_says_something_else_stays_apart(name: str, other: str) -> None:
    assert document_key(name) != document_key(other)


@given(WORDS, FIGURES, SEPARATORS, SEPARATORS)
def test_separators_width_and_case_say_nothing(
    words: list[str], figures: list[int], separator: str, other: str
) -> None:
    numbers = " ".join(str(figure) for figure in figures)
    plain = document_key("".join(words) + numbers)
    assert plain == document_key(separator.join(words) + other + numbers)
    assert plain == document_key(wide(other.join(words)) + separator + wide(numbers).lower())
    assert plain == document_key(unicodedata.normalize("NFD", separator.join(words).lower() + numbers))


@given(FIGURES)
def test_figures_that_stand_apart_stay_apart(figures: list[int]) -> None:
    typed = "合同" + "/".join(str(figure) for figure in figures)
    assert document_key(typed).count("-") == len(figures) or len(figures) == 3  # three may be a day: it is padded then


@given(st.text())
def test_the_normal_form_is_its_own(text: str) -> None:
    form = document_key(text)
    assert document_key(form) == form and document_key(f" {text}\u200d ") == form


@given(st.sampled_from([kind for kind in KeyKind if kind is not KeyKind.PERSON]), st.text(max_size=30))
def test_a_register_writes_the_key_that_a_case_carries_or_says_how_it_is_written(kind: KeyKind, text: str) -> None:
    try:
        key = written(kind, text)
    except WrongFacts as wrong:
        assert wrong.field == "basis" and "应写" in wrong.zh and "write" in wrong.en
        return
    assert key == subject_key(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"), [(KeyKind.STANDARD, "国家标准"), (KeyKind.INVOICE, "发票"), (KeyKind.STORE, "、、")]
)
def test_a_basis_without_its_number_is_refused_in_words(kind: KeyKind, text: str) -> None:
    with pytest.raises(WrongFacts, match="依据无效"):
        written(kind, text)
