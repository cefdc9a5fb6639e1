"""Evidence: every value of a profile carries what decided it, and quotes stand where they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.chunk import Chunk, Mask
from expectations.columns import among, is_in, is_null, keys
from expectations.facts import Sentence, Wrong
from expectations.rules import UNIT_SEPARATOR
from warehouse.tables.profiles import PRODUCT_ATTRIBUTES

EVIDENCE = "car_t_evidence"

# What is decided for one product, and what is decided for the trial as a whole. The rest of a profile
# (constructs, products, comparator, the union of targets) is computed from these.
OF_TRIAL = (
    "lymphodepletion",
    "comparators",
    "concomitant_immunosuppression",
    "prophylaxis",
    "safety_outcomes",
    "primary_endpoint_domains",
    "redosing",
    "hospital_stay_kind",
    "ltfu_where",
    "also_enrols",
)
# Numbers and yes-or-no values: evidence says that they were decided, in whatever form it writes them.
OF_TRIAL_SCALARS = (
    "control_crossover", "crossover_after_days", "max_prednisone_mg_per_day", "n_infusions_min", "n_infusions_max",
    "is_split_dose", "hospital_stay_days", "follow_up_months", "ltfu_months",
)  # fmt: skip

FIELD_PATH = re.compile(r"(?P<table>\w+)\.(?P<column>\w+)(?:\[(?P<item>\d+)\])?(?:\[(?P<entry>\d+)\])?")


class ExpectEveryScopeToHaveEvidence(Sentence):
    description: str = "Every scope has evidence"
    fault = "a scope has no evidence"
    reads = ("trials: nct_id scope", "car_t_evidence: nct_id attribute value")
    at_fault = "scope"

    def wrong(self, chunk: Chunk) -> Wrong:
        about_scope = is_in(chunk.array(EVIDENCE, "attribute"), ["scope"])
        return ~among(
            keys(chunk, "trials", ("nct_id", "scope")),
            keys(chunk, EVIDENCE, ("nct_id", "value"), about_scope),
        )


class ExpectEveryProductValueToHaveEvidence(Sentence):
    description: str = "Every value of a product has evidence"
    fault = "a value of a product has no evidence"
    reads = (
        f"car_t_products: nct_id product_no {' '.join(PRODUCT_ATTRIBUTES)}",
        "car_t_evidence: nct_id product_no attribute value",
    )

    def wrong(self, chunk: Chunk) -> Wrong:
        given = keys(chunk, EVIDENCE, ("nct_id", "product_no", "attribute", "value"))
        owners = keys(chunk, "car_t_products", ("nct_id", "product_no"))
        return _any_unfounded(chunk, "car_t_products", PRODUCT_ATTRIBUTES, owners, given)


class ExpectEveryProfileValueToHaveEvidence(Sentence):
    description: str = "Every value of a profile has evidence"
    fault = "a value of a profile has no evidence"
    reads = (
        f"car_t_profiles: nct_id {' '.join(OF_TRIAL + OF_TRIAL_SCALARS)}",
        "car_t_evidence: nct_id attribute value",
    )

    def wrong(self, chunk: Chunk) -> Wrong:
        owners = chunk.array("car_t_profiles", "nct_id")
        wrong = _any_unfounded(
            chunk, "car_t_profiles", OF_TRIAL, owners, keys(chunk, EVIDENCE, ("nct_id", "attribute", "value"))
        )
        decided = keys(chunk, EVIDENCE, ("nct_id", "attribute"))
        for name in OF_TRIAL_SCALARS:
            stated = ~is_null(chunk.array("car_t_profiles", name))
            wrong |= stated & ~among(pc.binary_join_element_wise(owners, name, UNIT_SEPARATOR), decided)
        return wrong


class _ToHaveItsWords(Sentence):
    """The number of a row (`at_fault`) joins it to the words that it was read from."""

    def wrong(self, chunk: Chunk) -> Wrong:
        about = is_in(chunk.array(EVIDENCE, "item_table"), [self.subject])
        told = keys(chunk, EVIDENCE, ("nct_id", "item_no"), about)
        return ~among(keys(chunk, self.subject, ("nct_id", str(self.at_fault))), told)


class ExpectEveryEndpointToHaveItsWords(_ToHaveItsWords):
    description: str = "Every endpoint has its words in the evidence"
    fault = "an endpoint has no words in the evidence"
    reads = ("trial_endpoints: nct_id endpoint_no", "car_t_evidence: nct_id item_table item_no")
    at_fault = "endpoint_no"


class ExpectEveryCriterionToHaveItsWords(_ToHaveItsWords):
    description: str = "Every criterion has its words in the evidence"
    fault = "a criterion has no words in the evidence"
    reads = ("trial_criteria: nct_id criterion_no", "car_t_evidence: nct_id item_table item_no")
    at_fault = "criterion_no"


class ExpectEveryConditioningAgentToHaveItsWords(_ToHaveItsWords):
    description: str = "Every agent of conditioning has its words in the evidence"
    fault = "an agent of conditioning has no words in the evidence"
    reads = ("trial_conditioning: nct_id conditioning_no", "car_t_evidence: nct_id item_table item_no")
    at_fault = "conditioning_no"


class ExpectOnlyQuotesToHaveOffsets(Sentence):
    description: str = "Evidence of kind text has its words, its field and both offsets; no other has offsets"
    fault = "evidence of kind text lacks its words, its field or an offset, or other evidence has one"
    reads = ("car_t_evidence: kind field_path matched_text start_offset end_offset",)
    at_fault = "kind"

    def wrong(self, chunk: Chunk) -> Wrong:
        evidence = chunk[EVIDENCE]
        is_quote = evidence["kind"] == "text"
        offsets = evidence[["start_offset", "end_offset"]].notna()
        whole = offsets.all(axis=1) & evidence[["field_path", "matched_text"]].notna().all(axis=1)
        ordered = (evidence["start_offset"] < evidence["end_offset"]).fillna(False)
        return (is_quote & ~(whole & ordered)) | (~is_quote & offsets.any(axis=1))


class ExpectEvidenceTextToStandWhereItSays(Sentence):
    """Offsets are 0-based, half-open, in Unicode code points into the field as the tables hold it."""

    description: str = "The words of evidence stand where it says"
    fault = "the words of evidence do not stand where it says"
    reads = ("car_t_evidence: nct_id kind field_path matched_text start_offset end_offset",)
    at_fault = "matched_text"

    def wrong(self, chunk: Chunk) -> Wrong:
        wrong = np.zeros(chunk.rows(EVIDENCE), dtype=bool)
        for (table, column), quotes in _quotes_by_field(chunk, wrong).items():
            if not chunk.has(table, [column]):
                continue  # this chunk does not hold the field, so nothing can be said
            texts = dict(_texts(chunk, table, column, {quote[1][0] for quote in quotes}))
            for row, place, words, start, end in quotes:
                text = texts.get(place)
                wrong[row] = text is None or start is None or end is None or text[start:end] != words
        return wrong


class ExpectSilenceNeverToMeanAutologous(Sentence):
    description: str = "Where nothing is said of the cells' source it is not stated, never autologous by default"
    fault = "cells are called autologous where nothing is said of their source"
    reads = ("car_t_evidence: attribute value kind",)
    at_fault = "value"

    def wrong(self, chunk: Chunk) -> Wrong:
        about_source = is_in(chunk.array(EVIDENCE, "attribute"), ["cell_source"])
        from_silence = is_in(chunk.array(EVIDENCE, "kind"), ["absence"])
        return (
            about_source & from_silence & is_in(chunk.array(EVIDENCE, "value"), ["autologous", "allogeneic", "in vivo"])
        )


def _any_unfounded(chunk: Chunk, table: str, names: Iterable[str], owners: pa.Array, given: pa.Array) -> Mask:
    """Rows with a value, or an entry of a list, that no evidence row names for the same owner."""
    wrong = np.zeros(len(owners), dtype=bool)
    for name in names:
        values, rows = chunk.array(table, name), np.arange(len(owners))
        if pa.types.is_list(values.type):
            rows = np.asarray(pc.list_parent_indices(values))
            values = pc.list_flatten(values)
        needed = pc.binary_join_element_wise(owners.take(pa.array(rows)), name, values, UNIT_SEPARATOR)
        wrong[rows[~is_null(needed) & ~among(needed, given)]] = True
    return wrong


Quote = tuple[int, tuple[Any, ...], str, int | None, int | None]


def _quotes_by_field(chunk: Chunk, wrong: Mask) -> dict[tuple[str, str], list[Quote]]:
    """Quotes by the table and column they stand in; a path that names no declared field is wrong."""
    fields: dict[tuple[str, str], list[Quote]] = {}
    declared = {(table.name, column.name) for table in chunk.tables.values() for column in table.columns}
    names = ("nct_id", "field_path", "matched_text", "start_offset", "end_offset")
    rows = np.flatnonzero(is_in(chunk.array(EVIDENCE, "kind"), ["text"]))
    listed = (chunk.array(EVIDENCE, name).take(pa.array(rows)).to_pylist() for name in names)
    for row, nct_id, path, words, start, end in zip(rows.tolist(), *listed, strict=True):
        field, items = _parsed(path or "")
        if field in declared:
            fields.setdefault(field, []).append((row, (nct_id, *items), words, start, end))
        else:
            wrong[row] = True
    return fields


@lru_cache(maxsize=4096)
def _parsed(path: str) -> tuple[tuple[str, str], tuple[int, ...]]:
    """`trial_arms.label[2]` as its table and column, and its item numbers."""
    at = FIELD_PATH.fullmatch(path)
    if not at:
        return ("", ""), ()
    return (at["table"], at["column"]), tuple(int(at[part]) for part in ("item", "entry") if at[part])


def _texts(chunk: Chunk, table: str, column: str, nct_ids: set[str]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Texts of one field of the named trials, by (trial, item, entry) as far as the field has them."""
    wanted = pa.array(np.flatnonzero(is_in(chunk.array(table, "nct_id"), sorted(nct_ids))))
    key = [chunk.array(table, name).take(wanted).to_pylist() for name in chunk.tables[table].key]
    for *place, text in zip(*key, chunk.array(table, column).take(wanted).to_pylist(), strict=True):
        if isinstance(text, list):
            yield from (((*place, no), entry) for no, entry in enumerate(text, start=1))
        else:
            yield tuple(place), text


SENTENCES: tuple[type[Sentence], ...] = (
    ExpectEveryScopeToHaveEvidence,
    ExpectEveryProductValueToHaveEvidence,
    ExpectEveryProfileValueToHaveEvidence,
    ExpectEveryEndpointToHaveItsWords,
    ExpectEveryCriterionToHaveItsWords,
    ExpectEveryConditioningAgentToHaveItsWords,
    ExpectOnlyQuotesToHaveOffsets,
    ExpectEvidenceTextToStandWhereItSays,
    ExpectSilenceNeverToMeanAutologous,
)
