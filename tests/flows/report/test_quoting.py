"""The sentence around the words that decided."""

from __future__ import annotations

import pytest

from flows.report.quoting import quote, utf16_offset

TEXT = "Inclusion Criteria:\n* Lupus. Cells are given once; then they rest! Washout of 4 weeks."


def sentence(words: str, text: str = TEXT, **more: int) -> tuple[str, str, str]:
    start = text.index(words)
    return quote(text, start, start + len(words), **more).parts


def test_a_sentence_ends_at_its_stop_and_at_a_line() -> None:
    assert sentence("given") == ("Cells are ", "given", " once;")
    assert sentence("Lupus") == ("", "Lupus", ".")
    assert sentence("4 weeks") == ("Washout of ", "4 weeks", ".")


def test_a_long_sentence_is_cut_at_words_and_says_so() -> None:
    text = "word " * 100 + "CD19 " + "word " * 100
    before, words, after = sentence("CD19", text.strip(), reach=20)
    assert words == "CD19"
    assert before == "… word word word "
    assert after == " word word word …"


def test_full_width_stops_end_a_sentence() -> None:
    assert sentence("CD19", "先。CD19 细胞。后") == ("", "CD19", " 细胞。")


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 99)])
def test_offsets_that_do_not_lie_in_the_text_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="do not lie in a text of 5"):
        quote("Lupus", start, end)


def test_scripts_count_an_emoji_twice() -> None:
    assert utf16_offset("🧬 CAR", 2) == 3
    assert utf16_offset("é CAR", 2) == 2
