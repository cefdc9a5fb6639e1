"""A batch of records -> typed tables and what became of each; no record can stop a batch."""

from __future__ import annotations

import contextlib
import copy
import gc
import json
import random
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.records import changed, nct, paper, pmid, raw, study
from tests.transforms.one_batch import Item, citations, studies
from transforms import reading
from transforms.content import content_sha256
from transforms.history.event import Context
from transforms.normalize import Batch
from warehouse.schema import table

CONTEXT = Context(datetime(2026, 9, 1), "run", date(2026, 8, 31))


def item(made: Any, before: Any = None, **more: Any) -> Item:
    """A record as the pipeline hands it over, with the version before it."""
    now, then = raw(made), None if before is None else raw(before)
    number = (
        made.get("protocolSection", {}).get("identificationModule", {}).get("nctId") if isinstance(made, dict) else None
    )
    return Item(number, content_sha256("ctgov", now), now, then, **more)


def shaped(*items: Item) -> Batch:
    return studies(items, CONTEXT)


def column(result: Batch, name: str, column_name: str) -> list[Any]:
    return result.tables[name][column_name].to_pylist()


def test_rows_of_many_records_stand_in_one_table_each() -> None:
    result = shaped(item(study(1)), item(study(2)), item(study(3)))
    assert column(result, "trials", "nct_id") == [nct(1), nct(2), nct(3)]
    assert column(result, "trial_arms", "nct_id") == [nct(1), nct(2), nct(3)]
    assert result.tables["trials"].column_names == list(table("trials").column_names)
    assert result.problems == []


def test_a_record_carries_its_profile() -> None:
    result = shaped(item(study(1)))
    assert column(result, "trials", "scope") == ["in_scope"]
    assert column(result, "trials", "diseases") == [["SLE"]]
    assert column(result, "car_t_products", "target_antigens") == [["CD19"]]
    assert "car product" in column(result, "trial_arm_interventions", "role")
    assert set(column(result, "car_t_evidence", "nct_id")) == {nct(1)}


def test_a_record_first_seen_is_a_new_version_with_its_events() -> None:
    made = study(1, statusModule__studyFirstPostDateStruct__date="2026-08-30")
    result = shaped(item(made))
    (outcome,) = result.outcomes
    assert (outcome.run_id, outcome.is_readable, outcome.is_new_version) == ("run", True, True)
    assert column(result, "trial_events", "event_type") == ["registered"]
    assert "trial_changes" not in result.tables


def test_a_changed_record_is_held_against_the_version_before() -> None:
    result = shaped(item(study(1, statusModule__overallStatus="COMPLETED"), before=study(1)))
    (outcome,) = result.outcomes
    assert outcome.is_new_version
    assert column(result, "trial_changes", "field_path") == ["trials.overall_status"]
    assert column(result, "trial_changes", "to_sha") == [outcome.sha256]
    assert column(result, "trial_changes", "event_id") == column(result, "trial_events", "event_id")
    assert column(result, "trials", "overall_status") == ["COMPLETED"]


def test_other_bytes_that_say_the_same_make_no_version() -> None:
    turned = dict(reversed(list(study(1).items())))
    result = shaped(item(turned, before=study(1)))
    (outcome,) = result.outcomes
    assert (outcome.is_readable, outcome.is_new_version) == (True, False)
    assert not {"trial_changes", "trial_events"} & result.tables.keys()


def test_a_change_outside_every_column_is_still_a_version() -> None:
    made = study(1)
    made["protocolSection"]["oversightModule"] = {"oversightHasDmc": True}
    result = shaped(item(made, before=study(1)))
    assert result.outcomes[0].is_new_version and result.tables["trial_changes"].num_rows == 1


def test_known_content_read_by_other_rules_makes_no_version() -> None:
    result = shaped(item(study(1), is_same_version=True))
    (outcome,) = result.outcomes
    assert (outcome.is_readable, outcome.is_new_version) == (True, False)
    assert "trial_events" not in result.tables


def test_bad_fields_are_problems_of_their_record() -> None:
    made = study(2, statusModule__startDateStruct__date="Spring 2027", designModule__enrollmentInfo__count="many")
    result = shaped(item(study(1)), item(made))
    assert [outcome.is_readable for outcome in result.outcomes] == [True, True]
    assert column(result, "trials", "enrollment_count") == [24, None]
    found = {(record, problem.field_path): problem.raw_value for record, _, problem in result.problems}
    assert found == {(nct(2), "trials.start_date"): "Spring 2027", (nct(2), "trials.enrollment_count"): "many"}
    assert {sha for _, sha, _ in result.problems} == {item(made).sha256}


@pytest.mark.parametrize(
    "record", [b"", b"not json", b"[]", b"null", b'{"protocolSection": {}}', b'{"protocolSection"', b"\xff"]
)
def test_an_unreadable_record_waits_and_the_others_go_on(record: bytes) -> None:
    result = shaped(item(study(1)), Item("NCT90000009", "f" * 64, record), item(study(2)))
    assert [outcome.is_readable for outcome in result.outcomes] == [True, False, True]
    assert column(result, "trials", "nct_id") == [nct(1), nct(2)]
    ((record_id, sha256, problem),) = result.problems
    assert (record_id, sha256, problem.field_path) == ("NCT90000009", "f" * 64, None)


def test_a_record_that_breaks_a_rule_of_ours_waits_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_on_the_second(made: Any, *_: Any) -> Any:
        if made["protocolSection"]["identificationModule"]["nctId"] == nct(2):
            raise ZeroDivisionError("a rule nobody tried on this")
        return real(made)

    real = reading.profile_study
    monkeypatch.setattr(reading, "profile_study", breaks_on_the_second)
    result = shaped(item(study(1)), item(study(2)), item(study(3)))
    assert [outcome.is_readable for outcome in result.outcomes] == [True, False, True]
    ((record_id, _, problem),) = result.problems
    assert (record_id, problem.field_path) == (nct(2), None)
    assert "ZeroDivisionError" in problem.reason and "a rule nobody tried on this" in problem.reason


def test_a_record_whose_number_is_not_the_one_it_came_under_is_named_by_its_own() -> None:
    result = shaped(item(study(1)))
    assert result.outcomes[0].record_id == nct(1)


def test_papers_are_shaped_with_their_scope() -> None:
    one = paper(1, databank=nct(1))
    result = citations([Item(pmid(1), content_sha256("pubmed", one), one)], CONTEXT)
    assert column(result, "publications", "pmid") == [pmid(1)]
    assert column(result, "publications", "scope") == ["in_scope"]
    assert column(result, "publication_trial_numbers", "number") == [nct(1)]


def test_an_unreadable_paper_waits_and_the_others_go_on() -> None:
    items = [Item(pmid(n), str(n) * 64, text) for n, text in enumerate((paper(1), b"<PubmedArticle>", paper(3)), 1)]
    result = citations(items, CONTEXT)
    assert [outcome.is_readable for outcome in result.outcomes] == [True, False, True]
    assert [(record, problem.field_path) for record, _, problem in result.problems] == [(pmid(2), None)]


def test_a_batch_says_the_same_whatever_its_neighbours() -> None:
    alone = [shaped(item(study(n))).tables["trials"].to_pylist()[0] for n in (1, 2)]
    assert shaped(item(study(1)), item(study(2))).tables["trials"].to_pylist() == alone


def test_a_batch_changes_nothing_about_the_collector() -> None:
    assert gc.isenabled()
    shaped(item(study(1)), Item(None, "f" * 64, b"broken"))
    assert gc.isenabled()


EVERY_FIELD = json.loads((Path(__file__).parent / "fixtures" / "ctgov" / "every_field.json").read_text("utf-8"))
UNTOUCHED = ("nctId", "identificationModule", "protocolSection")  # without these a record is none
SCRAPS = (
    None,
    True,
    -1,
    2031,
    10**30,
    1e300,
    "",
    "2031",
    "PHASE5",
    "CAR-T CD19",
    "\x00",
    "18 Years",
    [],
    ["x"],
    [1],
    {},
    {"name": [1]},
)


def paths_of(value: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, one in inner for path in ((*at, str(key)), *paths_of(one, (*at, str(key))))]


def odd(good: Any, draw: random.Random) -> Any:
    """`good` with up to four values replaced by something else, or taken away."""
    made = copy.deepcopy(good)
    for path in draw.choices([path for path in paths_of(good) if path[-1] not in UNTOUCHED], k=draw.randint(1, 4)):
        with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError):  # an earlier one took the place away
            changed(made, list(path), draw.choice(SCRAPS))
    return made


@pytest.mark.parametrize("seed", range(2))
def test_no_value_anywhere_in_a_record_costs_more_than_its_field(seed: int) -> None:
    draw = random.Random(seed)
    items = []
    for number in range(1, 31):
        good = copy.deepcopy(draw.choice([EVERY_FIELD, study()]))
        good["protocolSection"]["identificationModule"]["nctId"] = nct(number)
        made = odd(good, draw)
        items.append(draw.choice([item(made), item(made, before=good), item(good, before=made)]))
    result = shaped(*items)
    assert [(record, problem) for record, _, problem in result.problems if problem.field_path is None] == []
    assert result.tables["trials"].num_rows == 30
    for name, rows in result.tables.items():
        keys = list(zip(*(rows[key].to_pylist() for key in table(name).key), strict=True))
        assert len(set(keys)) == len(keys), name
        # Columns that only the pipeline knows are filled later; those that a record gives are given.
        for given in ("nct_id", "name", "secondary_id", "condition", "keyword", "outcome_type"):
            if given in table(name).column_names and not table(name).column(given).nullable:
                assert rows[given].null_count == 0, (name, given)
