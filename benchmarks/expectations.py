"""What the checks of one chunk cost.

    python benchmarks/expectations.py [--trials 5000] [--sites 16] [--json]

The chunk is made up, in the sizes of real ones. Every trial is in scope, which real ones are not: the
sentences about profiles and evidence have far more to look at here than on any night.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from expectations.check import CheckContext, check
from expectations.chunk import ARROW_TYPES, Chunk
from warehouse.columns import Column, Table
from warehouse.schema import TABLES

CLOCK = datetime(2026, 7, 4)
CHUNKS = 5

# Rows of a table for one trial, or for one paper; a table that is not named has one.
ROWS = {
    "trial_conditions": 2,
    "trial_arms": 2,
    "trial_interventions": 2,
    "trial_arm_interventions": 2,
    "trial_outcomes": 8,
    "trial_keywords": 3,
    "trial_references": 2,
    "car_t_evidence": 9,
    "trial_changes": 2,
    "publication_authors": 12,
    "publication_corrections": 1,
}
# Keys that do not follow from the trial and an item number.
EVIDENCE = (
    ("scope", "in_scope"),
    ("target_antigens", "CD19"),
    ("construct", "single"),
    ("cell_type", "CAR-T"),
    ("cell_source", "autologous"),
    ("lymphodepletion", "none"),
    ("comparators", "none"),
    ("safety_outcomes", "CRS"),
    ("gene_delivery", "lentiviral"),
)
TITLE = "Made-up cells in made-up lupus"
CONSTANTS: dict[str, Any] = {
    "trials.brief_title": TITLE,
    "trials.eligibility_criteria": "Inclusion: made up. " * 150,
    "trials.detailed_description": "Made up. " * 200,
    "trials.brief_summary": "Made up. " * 100,
    "trials.phase_label": "Phase 1",
    "trials.phases": ["PHASE1"],
    "trials.study_type": "INTERVENTIONAL",
    "trials.countries": ["Spain"],
    "trials.country_codes": ["ES"],
    "trials.scope": "in_scope",
    "trials.topics": ["sle"],
    "trials.diseases": ["SLE"],
    "trial_diseases.disease": "SLE",
    "trial_diseases.parent_disease": None,
    "trials.last_known_status": None,
    "trials.minimum_age_years": 18.0,
    "trials.maximum_age_years": 65.0,
    "trials.has_results": True,
    "trial_sites.country": "Spain",
    "trial_sites.country_code": "ES",
    "trial_arm_interventions.role": "car product",
    "trial_arms.intervention_names": ["Biological: cells"],
    "car_t_products.target_antigens": ["CD19"],
    "car_t_products.cell_type": "CAR-T",
    "car_t_products.product_key": None,
    "car_t_products.gene_delivery": "lentiviral",
    "car_t_profiles.target_antigens": ["CD19"],
    "car_t_profiles.comparator": "none",
    "car_t_profiles.comparators": ["none"],
    "car_t_profiles.cell_type": "CAR-T",
    "car_t_profiles.cell_source": "autologous",
    "car_t_profiles.lymphodepletion": ["none"],
    "car_t_profiles.concomitant_immunosuppression": None,
    "car_t_profiles.prophylaxis": None,
    "car_t_profiles.also_enrols": None,
    "car_t_profiles.control_crossover": None,
    "car_t_profiles.max_prednisone_mg_per_day": None,
    "car_t_profiles.follow_up_months": None,
    "trial_doses.unit": "cells/kg",
    "trial_doses.dose": 1e6,
    "car_t_evidence.kind": "text",
    "car_t_evidence.field_path": "trials.brief_title",
    "car_t_evidence.matched_text": "cells",
    "car_t_evidence.start_offset": 8,
    "car_t_evidence.end_offset": 13,
    "car_t_evidence.product_no": 1,
    "trial_publications.relation": "background",
    "trial_publications.reference_type": "BACKGROUND",
    "trial_events.event_type": "registered",
    "trial_events.pmid": None,
    "trial_changes.event_id": None,
    "trial_changes.old_value": "1",
    "publication_corrections.ref_type": "CommentIn",
    "publications.topics": ["sle"],
    "publication_trial_numbers.named_in": "abstract",
    "products.product_key": "made-up",
}
BY_NAME: dict[str, Any] = {
    "mesh_id": "D008180",
    "pmcid": "PMC1",
    "orcid": "0000-0000-0000-0000",
    "valid_to": None,
    "known_to": None,
    "from_sha": "a" * 64,
    "latitude": 41.4,
    "longitude": 2.2,
    "ref_pmid": "1",
    "related_nct_id": "NCT90000000",
}


def chunk(trials: int, sites: int) -> dict[str, pd.DataFrame]:
    """Frames of all content tables, whole and without a fault."""
    rows = {**ROWS, "trial_sites": sites}
    frames = {}
    for table in TABLES:
        if table.origin == "content":
            each = rows.get(table.name, 1)
            owners = 1 if table.name == "products" else trials
            frames[table.name] = _frame(table, owners, each, sites)
    return frames


def _frame(table: Table, owners: int, each: int, sites: int) -> pd.DataFrame:
    arrays = {column.name: _array(table, column, owners, each, sites) for column in table.columns}
    frame: pd.DataFrame = pa.table(arrays).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _array(table: Table, column: Column, owners: int, each: int, sites: int) -> pa.Array:
    kind, rows, place = ARROW_TYPES[column.type], owners * each, f"{table.name}.{column.name}"
    if column.name in ("nct_id", "pmid") and place not in CONSTANTS:
        prefix = "NCT" if column.name == "nct_id" else ""
        return pa.array(np.repeat([f"{prefix}{90_000_000 + n}" for n in range(owners)], each), kind)
    if column.name.endswith("_no") or column.name == "version":
        numbers = CONSTANTS.get(place)
        return pa.array([numbers] * rows if numbers else np.tile(np.arange(1, each + 1), owners), kind)
    if place in ("car_t_evidence.attribute", "car_t_evidence.value"):
        return pa.array([pair[column.name == "value"] for pair in EVIDENCE] * owners, kind)
    if column.name in table.key and place not in CONSTANTS and not column.words:
        return pa.array(_distinct(column, rows), kind)
    if place == "trials.site_count":
        return pa.array([sites] * rows, kind)
    return pa.array([CONSTANTS.get(place, BY_NAME.get(column.name, _value(column)))] * rows, kind)


def _distinct(column: Column, rows: int) -> list[Any]:
    if column.type == "TIMESTAMP":
        return [datetime(2026, 1, 1 + n % 28, n // 3600 % 24, n // 60 % 60, n % 60, n) for n in range(rows)]
    return [f"{n:064x}" if column.pattern else f"{column.name} {n}" for n in range(rows)]


def _value(column: Column) -> Any:
    if column.words or column.registry_words:
        word = (column.words or column.registry_words)[0]
        return [word] if column.is_list else word
    if column.pattern:
        return "a" * 64
    made: dict[str, Any] = {
        "VARCHAR": f"A made-up {column.name}",
        "VARCHAR[]": [f"A made-up {column.name}"],
        "INTEGER": 1,
        "BIGINT": 1,
        "DOUBLE": 1.0,
        "DOUBLE[]": [1.0],
        "BOOLEAN": False,
        "DATE": date(2026, 5, 1),
        "TIMESTAMP": datetime(2026, 5, 1),
    }
    return made[column.type]


def timed(work: Callable[[], Any], now: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    begin = now()
    done = work()
    return now() - begin, done


def slowest(frames: dict[str, pd.DataFrame], context: CheckContext, count: int) -> list[tuple[float, str]]:
    """Seconds of single expectations, without the machinery around them."""
    from expectations.sentences import SENTENCES
    from expectations.suites import suites

    looked = Chunk(frames, TABLES, CLOCK, context)
    stated = [*suites(TABLES), *(kind() for kind in SENTENCES)]
    seconds = [(timed(functools.partial(each.hits, looked))[0], f"{each.subject}: {each.sentence}") for each in stated]
    return sorted(seconds, reverse=True)[:count]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=5000)
    options.add_argument("--sites", type=int, default=16)
    options.add_argument("--json", type=Path, metavar="PATH", help="write the measures there too")
    given = options.parse_args()
    frames = chunk(given.trials, given.sites)
    context = CheckContext(topics=frozenset({"sle"}))
    start_up, _ = timed(lambda: check({}, clock=CLOCK))
    first, results = timed(lambda: check(frames, clock=CLOCK, context=context))
    again = functools.partial(check, frames, clock=CLOCK, context=context)
    chunks = sorted(timed(again)[0] for _ in range(CHUNKS))
    processor = min(timed(again, time.process_time)[0] for _ in range(CHUNKS))
    statuses = Counter(result.status for result in results)
    measured = {
        "trials": given.trials,
        "rows": sum(map(len, frames.values())),
        "tables": len(frames),
        "expectations": len(results),
        "start_up_seconds": round(start_up, 2),
        "first_chunk_seconds": round(first, 2),
        "chunk_seconds": round(chunks[len(chunks) // 2], 3),
        "chunk_processor_seconds": round(processor, 3),
        "trials_per_second": round(given.trials / chunks[len(chunks) // 2]),
        "faults_found": statuses["failed"] + statuses["raised"],
    }
    if given.json:
        given.json.write_text(json.dumps(measured, indent=2) + "\n")
    for name, value in measured.items():
        print(f"{name.replace('_', ' '):24} {value:>10,}")
    for result in results:
        if result.status in ("failed", "raised"):
            print(f"  {result.status}: {result.subject}: {result.check_name}: {result.observed}")
    for seconds, name in slowest(frames, context, 8):
        print(f"{seconds * 1000:8.1f} ms  {name}")


if __name__ == "__main__":
    main()
