"""The hash of a record leaves out what changes every night without meaning, and nothing else."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from tests.records import raw, study
from transforms.content import content_sha256, parsed, protocol_sha256, read_sections, same_content


def on(day: str) -> bytes:
    made = study()
    made["derivedSection"]["miscInfoModule"]["versionHolder"] = day
    return raw(made)


def test_the_data_date_is_not_content() -> None:
    assert content_sha256("ctgov", on("2026-02-10")) == content_sha256("ctgov", on("2026-02-11"))


def test_one_other_character_is_content() -> None:
    changed = on("2026-02-10").replace(b"Toxicity", b"toxicity")
    assert content_sha256("ctgov", on("2026-02-10")) != content_sha256("ctgov", changed)


def test_only_the_value_of_the_data_date_is_left_out_not_what_stands_around_it() -> None:
    spaced = on("2026-02-10").replace(b'"versionHolder": ', b'"versionHolder" :  ')
    assert content_sha256("ctgov", spaced) == content_sha256("ctgov", on("2026-02-10"))
    assert content_sha256("ctgov", on("2026-02-10") + b" ") != content_sha256("ctgov", on("2026-02-10"))


def test_a_sponsor_who_writes_version_holder_hides_no_change() -> None:
    one, other = study(), study()
    one["protocolSection"]["descriptionModule"]["briefSummary"] = 'it said "versionHolder": "a"'
    other["protocolSection"]["descriptionModule"]["briefSummary"] = 'it said "versionHolder": "b"'
    assert content_sha256("ctgov", raw(one)) != content_sha256("ctgov", raw(other))


def test_a_record_without_a_data_date_is_hashed_whole() -> None:
    assert content_sha256("ctgov", b"{}") == content_sha256("pubmed", b"{}")


def test_papers_are_hashed_whole() -> None:
    one, other = b'<a>"versionHolder":"1"</a>', b'<a>"versionHolder":"2"</a>'
    assert content_sha256("pubmed", one) != content_sha256("pubmed", other)


def test_key_order_and_data_date_make_no_difference_to_what_is_said() -> None:
    made = study()
    turned = dict(reversed(list(json.loads(on("2027-01-01")).items())))
    assert same_content(made, turned)
    turned["hasResults"] = True
    assert not same_content(made, turned)


def test_the_protocol_hash_knows_only_what_the_sponsor_wrote() -> None:
    one, other = study(), study()
    other["derivedSection"] = {"conditionBrowseModule": {"meshes": []}}
    other["protocolSection"] = dict(reversed(list(other["protocolSection"].items())))
    assert protocol_sha256(one) == protocol_sha256(other)
    assert protocol_sha256(one) != protocol_sha256(study(statusModule__overallStatus="COMPLETED"))
    assert protocol_sha256({}) is None and protocol_sha256([]) is None


def test_a_version_read_beside_another_says_what_it_says_alone() -> None:
    first = study()
    renamed, resorted = study(identificationModule__briefTitle="Another"), dict(reversed(list(study().items())))
    odd = {**study(), "protocolSection": {**study()["protocolSection"], "statusModule": None}, "derivedSection": []}
    for versions in permutations(
        [first, renamed, resorted, odd, {"protocolSection": 5}, [], study(hasResults=True)], 3
    ):
        beside = None
        for made in versions:
            beside = read_sections(raw(made), beside)
            alone = read_sections(raw(made))
            assert beside.study == alone.study
            assert protocol_sha256(beside) == protocol_sha256(alone)


def test_versions_share_the_modules_that_they_say_in_the_same_bytes() -> None:
    one = read_sections(raw(study()))
    other = read_sections(raw(study(identificationModule__briefTitle="Another")), one)
    protocols = [version.study["protocolSection"] for version in (one, other)]
    shared = {name for name in protocols[0] if protocols[0][name] is protocols[1][name]}
    assert shared == set(protocols[0]) - {"identificationModule"}


def test_documents_are_passed_over_where_rows_are_made() -> None:
    made = study(hasResults=True) | {"resultsSection": {"moreInfoModule": {}}, "documentSection": {}}
    kept = {name: made[name] for name in ("protocolSection", "derivedSection", "hasResults", "resultsSection")}
    assert read_sections(raw(made)).study == kept


@pytest.mark.parametrize(
    "record",
    [b"", b"<html>", b'{"a":', b"[" * 100_000, b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800 lone"}'],
)
def test_what_is_not_json_is_said_to_be_none(record: bytes) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        parsed(record)


@pytest.mark.parametrize(
    "record",
    [b"", b"<html>", b'{"a":', b"[" * 100_000, b"\xff\xfe", b'{"a": NaN}', b'{"protocolSection": 1e999}',
     b'{"documentSection": "\xff"}', b'{"documentSection": "\\ud800 lone"}', b'{"resultsSection": [}'],
)  # fmt: skip
def test_sections_that_are_passed_over_must_be_json_too(record: bytes) -> None:
    with pytest.raises(ValueError, match=r"not JSON|utf-8"):
        read_sections(record)


@pytest.mark.parametrize("record", [b"[]", b"null", b'"NCT00000001"', b"5"])
def test_json_that_is_no_study_is_told_from_what_is_not_json(record: bytes) -> None:
    assert read_sections(record).study == parsed(record)
