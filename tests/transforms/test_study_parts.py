"""Every step down into a study may meet nothing, or something else than was agreed."""

from __future__ import annotations

from transforms.clinicaltrials.parts import Study
from transforms.shaped import RAW_VALUE_LIMIT, Problem


def test_what_is_absent_reads_as_empty_and_is_no_problem() -> None:
    parts = Study({"protocolSection": {"statusModule": None}})
    assert parts.module("protocolSection", "statusModule") == {}
    assert parts.module("derivedSection", "miscInfoModule") == {}
    assert list(parts.items({}, "armGroups", "trial_arms")) == []
    assert parts.word_list({}, "phases", "trials.phases") is None
    assert parts.problems == []


def test_an_object_of_another_type_reads_as_empty_and_is_noted() -> None:
    parts = Study({"protocolSection": {"statusModule": "none"}})
    assert parts.module("protocolSection", "statusModule") == {}
    assert parts.problems == [Problem("protocolSection.statusModule", "none", "an object was expected")]


def test_items_keep_their_place_in_the_record_past_what_cannot_be_read() -> None:
    parts = Study({})
    listed = {"armGroups": [{"label": "A"}, "arm", None, {"label": "B"}]}
    assert list(parts.items(listed, "armGroups", "trial_arms")) == [(1, {"label": "A"}), (4, {"label": "B"})]
    assert [problem.field_path for problem in parts.problems] == ["trial_arms[2]"]


def test_words_leave_out_blanks_and_note_what_is_no_text() -> None:
    parts = Study({})
    listed = {"keywords": ["cells", "  ", None, 7]}
    assert list(parts.words(listed, "keywords", "trial_keywords.keyword")) == [(1, "cells")]
    assert parts.problems == [Problem("trial_keywords.keyword[4]", "7", "a text was expected")]


def test_a_list_of_another_type_is_noted_once() -> None:
    parts = Study({})
    assert parts.word_list({"phases": "PHASE1"}, "phases", "trials.phases") is None
    assert parts.problems == [Problem("trials.phases", "PHASE1", "a list was expected")]


def test_a_list_of_nothing_but_blanks_is_absent() -> None:
    assert Study({}).word_list({"phases": [" "]}, "phases", "trials.phases") is None


def test_a_long_bad_value_is_cut() -> None:
    parts = Study({})
    parts.part({"x": "y" * 10_000}, "x", "trials.x")
    assert len(parts.problems[0].raw_value) == RAW_VALUE_LIMIT
