"""Releases made up for a test: a few trials, their sites and events, in tables of the real schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from transforms.frames import typed
from warehouse.ddl import create_table
from warehouse.schema import SCHEMA_VERSION, TABLES, table

Row = dict[str, Any]
RULES = "1-test"


def night(number: int) -> datetime:
    """The moment of the nth night."""
    return datetime(2026, 9, number, 3)


def run_of(number: int) -> str:
    return f"{night(number):%Y%m%dT%H%M%SZ}-1"


def trial(nct_id: str, first_night: int = 1, **facts: Any) -> Row:
    """A trial as a dict of `trials`; `sites`, `antigens` and `source` go into their own tables."""
    return {
        "nct_id": nct_id,
        "brief_title": f"CAR-T cells in lupus, {nct_id}",
        "overall_status": "RECRUITING",
        "phases": ["PHASE1"],
        "phase_label": "Phase 1",
        "lead_sponsor": "Example Hospital",
        "sponsor_canonical": "Example Hospital",
        "sponsor_type": "academic",
        "diseases": ["SLE"],
        "topics": ["sle"],
        "enrollment_count": 12,
        "enrollment_type": "ESTIMATED",
        "start_date": "2026-05",
        "start_date_type": "ACTUAL",
        "first_posted_date": "2026-08-30",
        "url": f"https://clinicaltrials.gov/study/{nct_id}",
        "scope": "in_scope",
        "scope_reason": "test",
        "registry_state": "present",
        "is_stale": False,
        "first_seen_at": night(first_night),
        "last_seen_at": night(first_night),
        "content_sha256": sha256(nct_id.encode()).hexdigest(),
        "run_id": run_of(first_night),
        "sites": [("Germany", "DE", "Berlin", "RECRUITING")],
        "antigens": ["CD19"],
        "source": "autologous",
        **facts,
    }


def event(nct_id: str, number: int, event_type: str = "registered", **more: Any) -> Row:
    """An event that night `number` saw."""
    key = sha256(json.dumps([nct_id, number, event_type, more.get("summary")]).encode()).hexdigest()
    return {
        "event_id": key, "nct_id": nct_id, "event_type": event_type, "occurred_on": f"{night(number):%Y-%m-%d}",
        "observed_at": night(number), "run_id": run_of(number), "summary": f"{event_type} {nct_id}", "details": "{}",
        "materiality": "high", **more,
    }  # fmt: skip


def changed(nct_id: str, number: int, field: str, old: Any, new: Any, event_type: str, **more: Any) -> Row:
    """An event with one change."""
    change = {"field_path": field, "old": old, "new": new, "materiality": "high"}
    return event(nct_id, number, event_type, **{"details": json.dumps({"changes": [change]}), **more})


@cache
def _empty() -> bytes:
    """A file with all tables and nothing in them: made once, it takes longer than the rows."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.duckdb"
        with duckdb.connect(str(path)) as connection:
            for declared in TABLES:
                connection.execute(create_table(declared))
        return path.read_bytes()


def release(
    path: Path, number: int, trials: Iterable[Row], events: Iterable[Row], states: Sequence[Row] = (),
    rules: str = RULES, evidence: Sequence[Row] = (),
) -> Path:  # fmt: skip
    """The file that night `number` published."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(_empty())
    trials = list(trials)
    rows: dict[str, list[Row]] = {
        "trials": [_trial_row(one) for one in trials],
        "trial_sites": [site for one in trials for site in _sites(one)],
        "trial_diseases": [_disease(one, disease) for one in trials for disease in one["diseases"]],
        "car_t_products": [_product(one) for one in trials],
        "car_t_profiles": [_profile(one) for one in trials],
        "car_t_evidence": list(evidence),
        "trial_events": list(events),
        "trial_states": list(states),
        "runs": [_run(one, rules) for one in range(1, number + 1)],
        "release": [
            {
                "run_id": run_of(number),
                "published_at": night(number),
                "schema_version": SCHEMA_VERSION,
                "rule_version": rules,
                "code_version": "0",
                "fingerprint": "0",
                "is_demo": False,
            }
        ],
    }
    with duckdb.connect(str(path)) as connection:
        for name, some in rows.items():
            if some:
                made = typed(table(name), some)
                connection.register("_rows", made.frame)
                connection.execute(f"INSERT INTO {name} SELECT {', '.join(table(name).column_names)} FROM _rows")
                connection.unregister("_rows")
    return path


def state(one: Row, known_from: datetime, state_no: int = 1, **was: Any) -> Row:
    """A past state of a trial: what it was, known from then on."""
    return {
        **_trial_row(one),
        "state_no": state_no,
        "version": state_no,
        "valid_from": known_from,
        "known_from": known_from,
        **was,
    }


def _trial_row(one: Mapping[str, Any]) -> Row:
    codes = sorted({code for _, code, _, _ in one["sites"]})
    row = {name: value for name, value in one.items() if name not in ("sites", "antigens", "source")}
    return {**row, "country_codes": codes, "site_count": len(one["sites"])}


def _sites(one: Mapping[str, Any]) -> list[Row]:
    return [
        {"nct_id": one["nct_id"], "site_no": number, "country": country, "country_code": code, "city": city,
         "facility": f"{city} Clinic", "site_status": status}
        for number, (country, code, city, status) in enumerate(one["sites"], start=1)
    ]  # fmt: skip


def _disease(one: Mapping[str, Any], disease: str) -> Row:
    return {"nct_id": one["nct_id"], "disease": disease, "source": "condition"}


def _product(one: Mapping[str, Any]) -> Row:
    return {
        "nct_id": one["nct_id"],
        "product_no": 1,
        "product": "CAR-1",
        "target_antigens": one["antigens"],
        "cell_source": one["source"],
        "cell_type": "CAR-T",
    }


def _profile(one: Mapping[str, Any]) -> Row:
    return {
        "nct_id": one["nct_id"],
        "target_antigens": one["antigens"],
        "constructs": [],
        "cell_type": "CAR-T",
        "cell_source": one["source"],
        "products": ["CAR-1"],
        "safety_outcomes": [],
        "also_enrols": [],
        "rule_version": RULES,
    }


def _run(number: int, rules: str) -> Row:
    return {
        "run_id": run_of(number),
        "kind": "nightly",
        "source": "live",
        "clock_at": night(number),
        "started_at": night(number),
        "status": "published",
        "code_version": "0",
        "rule_version": rules,
    }
