"""A finding: one value, the rule that gave it, and the words in the record that made it do so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from transforms.profile.reading.texts import Text

KINDS = ("text", "structure", "product", "series", "override", "absence")


class Finding(NamedTuple):
    """One row of car_t_evidence in the making; offsets only for kind `text`.

    Invariant of kind `text`: the field's text[start_offset:end_offset] == matched_text.
    """

    attribute: str
    value: str
    kind: str
    rule_id: str
    field_path: str | None = None
    matched_text: str | None = None
    start_offset: int | None = None
    end_offset: int | None = None
    product_no: int | None = None
    item_table: str | None = None  # of a row of a list: its table and number
    item_no: int | None = None
    stated_in: str | None = None  # product, series: the public kind of source; override: who, when and why
    url: str | None = None  # product, series: the public address that states it


def quote(
    text: Text, start: int, end: int, attribute: str, value: str, rule_id: str, product_no: int | None = None
) -> Finding:
    """A finding of kind `text`; `start` and `end` are offsets into text.folded."""
    first, last = text.start + start, text.start + end
    matched = text.text[first:last]
    return Finding(attribute, value, "text", rule_id, text.field_path, matched, first, last, product_no)


class WordAndNumber(NamedTuple):
    """A word that a text says, with a number where it says one too; offsets into text.folded."""

    word: str
    number: float | None
    start: int
    end: int


def first_told(
    told: Sequence[tuple[Text, WordAndNumber]], columns: tuple[str, str], rule_id: str
) -> tuple[dict[str, Any], list[Finding]]:
    """The first of `told` as two columns (of its number, of its word) with a reason for each; None where nothing is."""
    of_number, of_word = columns
    if not told:
        return {of_number: None, of_word: None}, []
    text, (word, number, start, end) = told[0]
    reasons = [quote(text, start, end, of_word, word, rule_id)]
    if number is not None:
        reasons.append(quote(text, start, end, of_number, f"{number:g}", rule_id))
    return {of_number: number, of_word: word}, reasons


def structure(
    attribute: str, value: str, rule_id: str, field_path: str | None = None, product_no: int | None = None
) -> Finding:
    """A finding read from the record's structure (an arm type, a study type), without words."""
    return Finding(attribute, value, "structure", rule_id, field_path, product_no=product_no)


def absence(attribute: str, value: str, rule_id: str) -> Finding:
    """A finding that rests on nothing being said."""
    return Finding(attribute, value, "absence", rule_id)
