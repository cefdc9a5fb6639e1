from __future__ import annotations

import pytest

from flows.ingest.pull import numbers_named
from transforms.nct import number_of, numbers_in


@pytest.mark.parametrize(
    "spelled",
    [
        "NCT90000012", "nct90000012", "NCT 90000012", "NCT: 90000012", "NCT-90000012", "NCT#90000012",
        "NCT No. 90000012", "NCT number 90000012", "NCT(90000012", "NCT‐90000012", "NCT‑90000012", "NCT–90000012",
        "NCT—90000012", "NCT−90000012", "NCT﹣90000012", "NCT－90000012", "NCT\u00ad90000012",
        "NCT\u200b9000\u200b0012", "N\u2060CT\ufeff90000012", "ＮＣＴ９００００012", "NCT\u00a090000012",
        "NCT\u20099000‐0012", "NCT9000-0012",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_spelled(spelled: str) -> None:
    assert numbers_in(f"registered as {spelled}, then begun") == ["NCT90000012"]
    assert number_of(f" {spelled} ") == "NCT90000012"


@pytest.mark.parametrize(
    "given", ["NCT00000000", "NCT 0000-0000", "NCT", "NCT9000001", "NCT900000123", "NCT9000 0012", "NCTXXXXXXXX"]
)
def test_placeholders_and_other_numbers_are_none(given: str) -> None:
    assert numbers_in(f"registered as {given}.") == []
    assert number_of(given) is None


def test_each_number_is_named_once_in_order() -> None:
    assert numbers_in("NCT90000002, NCT-90000001 (NCT 90000002) and NCT90000003-01") == [
        "NCT90000002", "NCT90000001", "NCT90000003",
    ]  # fmt: skip


def test_numbers_are_asked_for_however_a_paper_spells_them() -> None:
    raws = [b"<AbstractText>NCT&#8209;90000012, NCT00000000</AbstractText>", "NCT\u200b90000013".encode()]
    assert numbers_named(raws) == {"NCT90000012", "NCT90000013"}
