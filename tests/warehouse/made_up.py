"""Made-up warehouses: rows of every table, drawn from a seed, with the oddities that queries must bear.

Nothing here comes from a registry or a paper.
"""

from __future__ import annotations

import hashlib
import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from transforms.frames import ARROW_TYPES
from warehouse.ddl import comments, create_table, views_and_macros
from warehouse.schema import SCHEMA_VERSION, TABLES, Table

Rows = dict[str, list[dict[str, Any]]]

TODAY = datetime(2026, 9, 3, 3, 15)
DISEASES = [
    ("SLE", None, "rheumatic"), ("lupus nephritis", "SLE", "rheumatic"), ("systemic sclerosis", None, "rheumatic"),
    ("myasthenia gravis", None, "neurological"), ("multiple sclerosis", None, "neurological"), ("ITP", None, "haematological"),
]  # fmt: skip
ANTIGENS = [["CD19"], ["CD19"], ["CD19"], ["BCMA"], ["BCMA", "CD19"], ["CD19", "CD20", "CD22"], []]
CONSTRUCT = {0: None, 1: "single", 2: "dual", 3: "multi"}
SPONSORS = [
    ("Fabulon Therapeutics, Inc.", "Fabulon Therapeutics", "industry"), ("Fabulon Therapeutics", "Fabulon Therapeutics", "industry"),
    ("Hospital of the Two Rivers", "Hospital of the Two Rivers", "academic"), ("Dr. Nemo", "Dr. Nemo", "person"),
    ("Ministry of Made-Up Health", "Ministry of Made-Up Health", "government"), (None, None, None),
]  # fmt: skip
PLACES = [
    ("Berlin", "Germany", "DE", 52.52, 13.4), ("Hamburg", "Germany", "DE", 53.55, 10.0), ("Lyon", "France", "FR", 45.76, 4.84),
    ("Wuhan", "China", "CN", 30.58, 114.27), ("Boston", "United States", "US", 42.36, -71.06), ("Nowhere", None, None, None, None),
]  # fmt: skip
PHASES = [["NA"], ["EARLY_PHASE1"], ["PHASE1"], ["PHASE1", "PHASE2"], ["PHASE2"], ["PHASE3"], None]
STATUSES = [
    "RECRUITING", "RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED", "SUSPENDED", "WITHDRAWN",
    "UNKNOWN", None,
]  # fmt: skip
PRODUCTS = [
    ("fab-101", "fabuleucel", ["fabuleucel"], ["FAB-101", "FB101"]), ("rio-19", "RIO-19", [], ["RIO-19", "RIO19"]),
    ("nix-7", "nixleucel", ["nixleucel"], ["NIX-7"]),
]  # fmt: skip
LEGS = ["sle-words", "sle-mesh", "autoimmune-words"]
NO_SEARCH = ["named in paper", "asked by id"]
# Titles that break what trusts them.
ODD_TITLES = [
    "<script>alert('x')</script> cells for lupus", "=1+1 cells", "+cells", "-cells", "@cells", "\tcells", "\rcells",
    "cells\nin two lines", 'cells "quoted", and; more', "خلايا CAR-T للذئبة الحمراء", "cells \u202eback to front", "cells 🧬 in SLE",
    "O'Cells \\ 100 % _ of them",
]  # fmt: skip


def rows(count: int, seed: int = 1) -> Rows:
    """Rows of a warehouse of `count` registrations and a third as many papers."""
    draw = random.Random(seed)
    made: Rows = {table.name: [] for table in TABLES}
    made["products"] = [
        {"product_key": key, "product": name, "names": names, "codes": codes, "target_antigens": ["CD19"]}
        for key, name, names, codes in PRODUCTS
    ]
    for number in range(count):
        _registration(made, draw, number)
    for number in range(count // 3):
        _paper(made, draw, number, count)
    _production(made)
    return made


def build(path: Path, made: Rows, schema_version: int = SCHEMA_VERSION) -> Path:
    """A published file of these rows: tables, comments, views and macros, as a release has them."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS made (STORAGE_VERSION 'v1.0.0')")
        connection.execute("USE made")
        for table in TABLES:
            connection.execute(create_table(table))
            if table.name in made and made[table.name]:
                connection.register("given", arrow(table, made[table.name]))
                connection.execute(f"INSERT INTO {table.name} SELECT * FROM given ORDER BY {', '.join(table.key)}")
                connection.unregister("given")
            for statement in comments(table):
                connection.execute(statement)
        connection.execute("UPDATE release SET schema_version = ?", [schema_version])
        for statement in views_and_macros():
            connection.execute(statement)
    return path


def arrow(table: Table, given: list[dict[str, Any]]) -> pa.Table:
    """Rows as an Arrow table with the columns of the schema, in order."""
    columns = [pa.array([row.get(column.name) for row in given], ARROW_TYPES[column.type]) for column in table.columns]
    return pa.table(columns, names=list(table.column_names))


def nct(number: int) -> str:
    return f"NCT{90000000 + number}"


def _registration(made: Rows, draw: random.Random, number: int) -> None:
    trial = _trial(draw, number)
    made["trials"].append(trial)
    n_sites = 400 if number == 7 else draw.choice([0, 1, 1, 2, 3])
    sites = [draw.choice(PLACES) for _ in range(n_sites)]
    trial["site_count"] = n_sites
    trial["countries"] = sorted({site[1] for site in sites if site[1]})
    trial["country_codes"] = sorted({site[2] for site in sites if site[2]})
    made["trial_sites"] += [
        {"nct_id": trial["nct_id"], "site_no": place, "facility": "=HYPERLINK(0)", "city": city, "country": country,
         "country_code": code, "latitude": latitude, "longitude": longitude, "place_key": f"{code}|{city}".lower() if code else None,
         "site_status": draw.choice(["RECRUITING", None, None])}
        for place, (city, country, code, latitude, longitude) in enumerate(sites, start=1)
    ]  # fmt: skip
    of = {name: (parent, group) for name, parent, group in DISEASES}
    made["trial_diseases"] += [
        {"nct_id": trial["nct_id"], "disease": disease, "parent_disease": of[disease][0], "disease_group": of[disease][1],
         "source": "condition"}
        for disease in trial["diseases"] or []
    ]  # fmt: skip
    texts = {"nct_id": trial["nct_id"]}
    made["trial_conditions"].append(texts | {"condition_no": 1, "condition": "Systemic Lupus"})
    made["trial_keywords"].append(texts | {"keyword_no": 1, "keyword": draw.choice(["CAR-T", "cell therapy", "Sjögren"])})
    made["trial_interventions"].append(texts | {"intervention_no": 1, "name": "FAB-101 cells", "other_names": ["fabuleucel"]})
    if draw.random() < 0.8:
        made["trial_outcomes"].append(texts | {"outcome_no": 1, "outcome_type": "primary", "measure": "dose-limiting toxicity"})
    _given(made, draw, trial)
    legs = draw.sample(LEGS, draw.choice([0, 1, 1, 2, 3]))
    made["trial_search_hits"] += [
        texts | {"leg": leg, "first_seen_at": TODAY - timedelta(days=400), "last_seen_at": TODAY}
        for leg in legs or [draw.choice(NO_SEARCH)]
    ]
    _states(made, draw, trial)


def _trial(draw: random.Random, number: int) -> dict[str, Any]:
    spelled, canonical, kind = draw.choice(SPONSORS)
    treated = draw.sample(DISEASES, draw.choice([0, 1, 1, 2]))
    diseases = {name for name, _, _ in treated} | {parent for _, parent, _ in treated if parent}
    posted = date(2021, 1, 1) + timedelta(days=draw.randrange(2000)) if number % 29 else None
    start, start_precision = _date(draw, posted)
    completion, completion_precision = _date(draw, start)
    nct_id = nct(number)
    return {
        "nct_id": nct_id, "brief_title": ODD_TITLES[number] if number < len(ODD_TITLES) else f"FAB cells in disease {number}",
        "brief_summary": f"Cells for lupus, number {number}.", "official_title": None,
        "overall_status": draw.choice(STATUSES), "last_known_status": draw.choice(["RECRUITING", None]),
        "study_type": draw.choice(["INTERVENTIONAL"] * 8 + ["OBSERVATIONAL", "EXPANDED_ACCESS"]), "phases": draw.choice(PHASES),
        "enrollment_count": draw.choice([0, 6, 12, 24, 60, 120, None]),
        "enrollment_type": draw.choice(["ACTUAL", "ESTIMATED", "ESTIMATED", None]),
        "start_date": start, "start_date_precision": start_precision,
        "start_date_type": draw.choice(["ACTUAL", "ESTIMATED", None]) if start else None,
        "primary_completion_date": completion, "primary_completion_date_precision": completion_precision,
        "primary_completion_date_type": draw.choice(["ACTUAL", "ESTIMATED", None]) if completion else None,
        "first_submitted_date": posted and posted - timedelta(days=5), "first_posted_date": posted,
        "first_posted_date_precision": posted and "day", "has_results": draw.random() < 0.1,
        "lead_sponsor": spelled, "sponsor_canonical": canonical, "sponsor_type": kind,
        "industry_involved": kind == "industry" or draw.random() < 0.2, "std_ages": draw.choice([["ADULT"], ["CHILD", "ADULT"], None]),
        "url": f"https://example.org/{nct_id}", "scope": draw.choice(["in_scope"] * 6 + ["follow_up", "out_of_scope"]),
        "scope_reason": draw.choice(["gives_car_cells", "cancer", "no_car"]), "diseases": sorted(diseases) or None,
        "topics": ["sle"] if "SLE" in diseases else None,
        "registry_state": draw.choice(["present"] * 12 + ["left_search", "alias", "withheld", "removed"]),
        "is_stale": draw.random() < 0.03, "first_seen_at": TODAY - timedelta(days=400), "last_seen_at": TODAY,
        "content_sha256": _sha(nct_id), "run_id": "run-2",
    }  # fmt: skip


def _date(draw: random.Random, after: date | None) -> tuple[date | None, str | None]:
    """A date some time after another, day, month or year given; sometimes none."""
    if after is None or draw.random() < 0.15:
        return None, None
    day = after + timedelta(days=draw.randrange(-120, 500))
    precision = draw.choice(["day", "day", "month", "month", "year"])
    if precision == "day":
        return day, precision
    return (day.replace(day=1), precision) if precision == "month" else (date(day.year, 1, 1), precision)


def _given(made: Rows, draw: random.Random, trial: dict[str, Any]) -> None:
    """Products, doses, profile and evidence, of trials in scope and follow-up studies."""
    if trial["scope"] == "out_of_scope":
        return
    nct_id = trial["nct_id"]
    products = []
    for place in range(1, 1 + draw.choice([0, 1, 1, 1, 2])):
        key, name, _, codes = draw.choice([*PRODUCTS, (None, "CD19 CAR-T cells", [], [])])
        antigens = draw.choice(ANTIGENS)
        products.append({
            "nct_id": nct_id, "product_no": place, "product_key": key, "product": name, "product_codes": codes[:1],
            "target_antigens": antigens, "construct": draw.choice([CONSTRUCT[len(antigens)], CONSTRUCT[len(antigens)], None]),
            "cell_type": draw.choice(["CAR-T", "CAR-T", "CAR-NK", None]),
            "cell_source": draw.choice(["autologous", "allogeneic", "in vivo", None]),
            "gene_delivery": draw.choice(["lentiviral", None]),
        })  # fmt: skip
    made["car_t_products"] += products
    for place in range(1, 1 + draw.choice([0, 0, 1, 3])):
        made["trial_doses"].append({
            "nct_id": nct_id, "dose_no": place, "product_no": draw.choice([1, None]) if products else None,
            "dose": draw.choice([1e6, 5e7, None]), "unit": draw.choice(["cells/kg", "cells", None]), "dose_text": "1 x 10^6 cells/kg",
        })  # fmt: skip
    made["car_t_profiles"].append({
        "nct_id": nct_id, "target_antigens": sorted({a for p in products for a in p["target_antigens"]}),
        "constructs": sorted({p["construct"] for p in products if p["construct"]}),
        "cell_type": _common([p["cell_type"] for p in products]), "cell_source": _common([p["cell_source"] for p in products]),
        "products": [p["product"] for p in products],
        "lymphodepletion": draw.choice([["fludarabine + cyclophosphamide"], ["cyclophosphamide", "none"], ["none"], None]),
        "comparator": None, "comparators": draw.choice([["none"], ["placebo", "standard of care"], ["active"], None]),
        "concomitant_immunosuppression": draw.choice([["washout"], ["allowed", "washout"], None]),
        "safety_outcomes": draw.choice([["CRS", "ICANS"], ["CRS"], []]),
        "follow_up_months": draw.choice([0.0, 3.0, 12.0, 24.0, 180.0, None]), "also_enrols": [], "rule_version": "1",
    })  # fmt: skip
    _evidence(made, draw, nct_id, products)


def _evidence(made: Rows, draw: random.Random, nct_id: str, products: list[dict[str, Any]]) -> None:
    """Evidence of each value; now and then of another one, or of the product list's own."""
    said: list[tuple[int | None, str, str, str]] = [(None, "scope", "in_scope", "structure")]
    for product in products:
        place = product["product_no"]
        said += [(place, "target_antigens", antigen, "text") for antigen in product["target_antigens"]]
        if product["target_antigens"] and draw.random() < 0.3:
            said += [(place, "target_antigens", antigen, "product") for antigen in draw.choice([["CD19"], product["target_antigens"]])]
        if product["cell_source"]:
            said.append((place, "cell_source", product["cell_source"], "text"))
            if draw.random() < 0.1:
                said.append((place, "cell_source", "allogeneic", "product"))
            if draw.random() < 0.05:
                said.append((place, "cell_source", product["cell_source"], "override"))
    made["car_t_evidence"] += [
        {"nct_id": nct_id, "evidence_no": place, "product_no": product_no, "attribute": attribute, "value": value, "kind": kind,
         "rule_id": "made-up", "rule_version": "1"}
        for place, (product_no, attribute, value, kind) in enumerate(said, start=1)
    ]  # fmt: skip


def _common(values: list[str | None]) -> str | None:
    stated = {value for value in values if value}
    return None if not stated else stated.pop() if len(stated) == 1 else "several"


def _states(made: Rows, draw: random.Random, trial: dict[str, Any]) -> None:
    """One to three states of a trial, the last as it is now, with versions and events."""
    since = trial["first_posted_date"] or date(2024, 1, 1)
    began = datetime(since.year, since.month, since.day)
    earlier = []
    for _ in range(draw.choice([0, 0, 1, 2])):
        earlier.append(trial | {
            "overall_status": draw.choice(STATUSES), "enrollment_type": "ESTIMATED", "enrollment_count": draw.choice([10, 20, None]),
            "primary_completion_date_type": "ESTIMATED", "primary_completion_date": draw.choice([date(2025, 6, 1), None]),
            "scope": draw.choice([trial["scope"], trial["scope"], "in_scope", "out_of_scope"]),
            "diseases": draw.choice([trial["diseases"], ["SLE"]]),
        })  # fmt: skip
    states = [*earlier, trial]
    for number, state in enumerate(states, start=1):
        ends = None if number == len(states) else began + timedelta(days=90)
        times = {"state_no": number, "version": number, "valid_from": began, "valid_to": ends, "known_from": began, "known_to": ends}
        made["trial_states"].append(state | times)
        if state["scope"] != "out_of_scope" and made["car_t_profiles"] and made["car_t_profiles"][-1]["nct_id"] == trial["nct_id"]:
            antigens = made["car_t_profiles"][-1]["target_antigens"] if number == len(states) else ["CD19"]
            made["profile_states"].append(made["car_t_profiles"][-1] | {"target_antigens": antigens} | times)
        made["trial_versions"].append({
            "nct_id": trial["nct_id"], "version": number, "valid_from": began, "valid_to": ends, "observed_at": began,
            "content_sha256": _sha(f"{trial['nct_id']}{number}"), "origin": "observed", "run_id": "run-1",
        })  # fmt: skip
        began += timedelta(days=90)
    _events(made, draw, trial, states)


def _events(made: Rows, draw: random.Random, trial: dict[str, Any], states: list[dict[str, Any]]) -> None:
    told: list[tuple[str, str]] = [("registered", "{}")]
    for before, after in zip(states, states[1:], strict=False):
        order = {"out_of_scope": 0, "follow_up": 1, "in_scope": 2}
        if before["scope"] != after["scope"]:
            kind = "entered_scope" if order[after["scope"]] > order[before["scope"]] else "left_scope"
            told.append((kind, f'{{"old_scope":"{before["scope"]}","new_scope":"{after["scope"]}"}}'))
    if trial["registry_state"] != "present":
        told.append((trial["registry_state"], "{}"))
    elif draw.random() < 0.1:
        told += [("left_search", "{}"), ("returned", "{}")]
    when = trial["first_posted_date"] or date(2024, 1, 1)
    for event_type, details in told:
        made["trial_events"].append({
            "event_id": _sha(f"{trial['nct_id']}{event_type}{when}"), "nct_id": trial["nct_id"], "event_type": event_type,
            "occurred_on": when, "observed_at": datetime(when.year, when.month, when.day, 3), "run_id": "run-1", "summary": event_type,
            "details": details, "materiality": "high",
        })  # fmt: skip
        when += timedelta(days=draw.randrange(20, 200))


def _paper(made: Rows, draw: random.Random, number: int, trials: int) -> None:
    pmid = str(90000000 + number)
    made["publications"].append({
        "pmid": pmid, "title": draw.choice(ODD_TITLES), "abstract": draw.choice(["A patient with lupus and Sjögren.", None]),
        "journal": "Annals of Made-Up Medicine",
        "publication_date": date(2022, 1, 1) + timedelta(days=draw.randrange(1700)) if number % 11 else None,
        "publication_date_precision": "day", "publication_types": draw.choice([["Journal Article"], ["Case Reports"], ["Review"], None]),
        "is_retracted": draw.random() < 0.05, "has_expression_of_concern": draw.random() < 0.05,
        "scope": draw.choice(["in_scope", "in_scope", "out_of_scope"]), "diseases": draw.choice([["SLE"], ["ITP"], None]),
        "target_antigens": draw.choice([["CD19"], None]), "topics": draw.choice([["sle"], None]), "url": f"https://example.org/{pmid}",
        "is_deleted": draw.random() < 0.05, "is_stale": False, "first_seen_at": TODAY, "last_seen_at": TODAY,
        "content_sha256": _sha(pmid), "run_id": "run-2",
    })  # fmt: skip
    if draw.random() < 0.4:
        made["publication_trial_numbers"].append({"pmid": pmid, "registry": "ChiCTR", "number": "X1", "named_in": "abstract"})
    made["publication_search_hits"].append({"pmid": pmid, "leg": "sle-papers", "first_seen_at": TODAY, "last_seen_at": TODAY})
    for source in draw.choice([[], ["pubmed_databank"], ["pubmed_databank", "registry_reference"]]):
        made["trial_publications"].append({
            "nct_id": nct(number * 2 % trials), "pmid": pmid, "link_source": source,
            "relation": draw.choice(["reports", "reports", "protocol", "background"]), "relation_reason": "made-up",
        })  # fmt: skip


def _production(made: Rows) -> None:
    for number in (1, 2):
        clock = TODAY - timedelta(days=2 - number)
        made["runs"].append({
            "run_id": f"run-{number}", "kind": "nightly", "source": "live", "clock_at": clock, "started_at": clock,
            "finished_at": clock, "status": "published", "code_version": "0.1.0", "rule_version": "1",
        })  # fmt: skip
        made["source_pulls"] += [
            {"run_id": f"run-{number}", "source": source, "leg": leg, "query": f"query {leg} & more", "records": 10, "is_skipped": False}
            for source, leg in [*(("ctgov", leg) for leg in (*LEGS, "empty-leg")), ("pubmed", "sle-papers")]
        ]  # fmt: skip
    made["release"] = [{
        "run_id": "run-2", "published_at": TODAY, "data_stamp": "2026-09-02T09:00:05", "schema_version": SCHEMA_VERSION,
        "rule_version": "1", "code_version": "0.1.0", "fingerprint": "f" * 64, "is_demo": True,
    }]  # fmt: skip


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
