"""Long texts: every piece fits in bytes, no character is cut, nothing is lost, and the cut lies where a reader would make it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.split import split

TEXTS = st.text(alphabet=st.sampled_from("字文。，\n a.é🎉\U00020000") | st.characters(codec="utf-8"), max_size=400)
HEAD = re.compile(r"（(\d+)/(\d+)）\n")


@given(text=TEXTS, limit=st.integers(40, 600))
def test_pieces_fit_are_numbered_and_hold_the_whole_text(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(len(piece.encode()) <= limit for piece in pieces)
    if len(text.encode()) <= limit:
        assert pieces == [text]
        return
    heads = [HEAD.match(piece) for piece in pieces]
    assert [(int(row[1]), int(row[2])) for row in heads if row] == [(n + 1, len(pieces)) for n in range(len(pieces))]
    assert "".join(piece[head.end() :] for piece, head in zip(pieces, heads, strict=True) if head) == text


@given(text=st.text(alphabet="字e\u0301👩\u200d🔧", min_size=60, max_size=200))
def test_every_piece_is_sound_text(text: str) -> None:
    for piece in split(text, 64):
        assert piece.encode().decode() == piece


def test_a_text_is_cut_after_a_paragraph_then_a_line_then_a_sentence() -> None:
    line = "请于截止日前补正材料。" * 3
    assert split(f"{line}\n\n{line}{line}", 150)[0].endswith("。\n\n")
    assert split(f"{line}\n{line}{line}", 150)[0].endswith("。\n")
    assert split(line * 3, 150)[0].endswith("。")
    assert split("word " * 60, 100)[0].endswith(" ")


def test_ten_pieces_and_more_have_room_for_their_longer_numbers() -> None:
    pieces = split("字" * 200, 64)
    assert len(pieces) > 9 and all(len(piece.encode()) <= 64 for piece in pieces)
    assert pieces[9].startswith(f"（10/{len(pieces)}）")


def test_a_limit_that_holds_nothing_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError):
        split("字" * 20, 12)
