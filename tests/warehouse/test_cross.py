"""Any facet against any: two facts of a product go together in that product alone."""

from __future__ import annotations

import pytest

from tests.warehouse.counting import Frames, counted, entries, tally, word
from warehouse.querying import named
from warehouse.querying.cross import AXES, BY_NAME, cross
from warehouse.querying.facets import FACETS
from warehouse.querying.named import Filters, QueryError
from warehouse.querying.reading import Connection


def found(connection: Connection, by: str, against: str, value: str, filters: Filters | None = None) -> dict:
    rows = named.answered(connection, cross(by, against), filters or Filters()).to_pylist()
    return {(row[by], row[against]): row[value] for row in rows if row[value]}


def test_facts_of_products_are_paired_product_by_product(small: Connection, small_frames: Frames) -> None:
    products = small_frames["car_t_products"]
    given = products[products["nct_id"].isin(list(counted(small_frames)["nct_id"]))]
    pairs = zip(given["target_antigens"], given["cell_source"], strict=True)
    expected = tally((target, word(source)) for targets, source in pairs for target in entries(targets))
    assert found(small, "target", "cell_source", "n_products") == expected


def test_facts_of_trials_are_paired_trial_by_trial(small: Connection, small_frames: Frames) -> None:
    trials = counted(small_frames)
    pairs = zip(trials["phases"], trials["overall_status"], strict=True)
    expected = tally((phase, word(status)) for phases, status in pairs for phase in entries(phases))
    assert found(small, "phase", "status", "n_trials") == expected
    lupus = {key: n for key, n in found(small, "disease", "phase", "n_trials").items() if key[0] == "SLE"}
    narrowed = found(small, "disease", "phase", "n_trials", Filters({"disease": ["SLE"]}))
    assert {key: n for key, n in narrowed.items() if key[0] == "SLE"} == lupus


def test_percents_are_of_the_first(small: Connection, small_frames: Frames) -> None:
    rows = named.answered(small, cross("sponsor-type", "status")).to_pylist()
    of_type = tally(map(word, counted(small_frames)["sponsor_type"]))
    assert all(row["percent"] == round(100 * row["n_trials"] / of_type[row["sponsor_type"]], 1) for row in rows)


def test_regions_are_those_of_m49_and_say_what_it_lacks(small: Connection) -> None:
    asked = cross("region", "breadth")
    assert "Taiwan, which M49 lists under China, counts in Eastern Asia" in asked.counts
    regions = {row["region"] for row in named.answered(small, asked).to_pylist()}
    assert {"Western Europe", "Eastern Asia", "Northern America", "not stated"} == regions


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)
def test_every_facet_can_be_counted_by(small: Connection, empty: Connection, axis: object) -> None:
    name = axis.name  # type: ignore[attr-defined]
    asked = cross(name, "status" if name != "status" else "phase")
    answer = named.answered(small, asked)
    assert answer.num_rows > 0 and answer.schema.names == list(asked.columns)
    assert named.answered(empty, asked).num_rows == 0


def test_no_facet_is_left_out_and_what_is_none_names_the_nearest() -> None:
    assert {facet.name for facet in FACETS} <= set(BY_NAME)
    with pytest.raises(QueryError, match=r"--by is 'taget'\. Nearest: target"):
        cross("taget", "phase")
    with pytest.raises(QueryError, match="are both phase: name two"):
        cross("phase", "Phase")
