"""Made-up warehouses: rows of every table, drawn from a seed, with the oddities that queries must bear.

Nothing here comes from a registry or a paper.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from tests.warehouse.made_up_history import STATUSES, sha256_of, states
from tests.warehouse.made_up_products import PRODUCTS, given
from tests.warehouse.made_up_results import posted
from transforms.frames import ARROW_TYPES
from warehouse import ddl, work
from warehouse.release import comments
from warehouse.schema import SCHEMA_VERSION, TABLES, Table

Rows = dict[str, list[dict[str, Any]]]

TODAY = datetime(2026, 9, 3, 3, 15)
DISEASES = [
    ("SLE", None, "rheumatic"),
    ("lupus nephritis", "SLE", "rheumatic"),
    ("systemic sclerosis", None, "rheumatic"),
    ("myasthenia gravis", None, "neurological"),
    ("multiple sclerosis", None, "neurological"),
    ("ITP", None, "haematological"),
]
SPONSORS = [
    ("Fabulon Therapeutics, Inc.", "Fabulon Therapeutics", "industry"),
    ("Fabulon Therapeutics", "Fabulon Therapeutics", "industry"),
    ("Hospital of the Two Rivers", "Hospital of the Two Rivers", "academic"),
    ("Dr. Nemo", "Dr. Nemo", "person"),
    ("Ministry of Made-Up Health", "Ministry of Made-Up Health", "government"),
    (None, None, None),
]
PLACES = [
    ("Berlin", "Germany", "DE", 52.52, 13.4),
    ("Hamburg", "Germany", "DE", 53.55, 10.0),
    ("Lyon", "France", "FR", 45.76, 4.84),
    ("Wuhan", "China", "CN", 30.58, 114.27),
    ("Boston", "United States", "US", 42.36, -71.06),
    ("Nowhere", None, None, None, None),
]
PHASES = [["NA"], ["EARLY_PHASE1"], ["PHASE1"], ["PHASE1", "PHASE2"], ["PHASE2"], ["PHASE3"], None]
LEGS = ["sle-words", "sle-mesh", "autoimmune-words"]
NO_SEARCH = ["named in paper", "asked by id"]
# Titles that break what trusts them.
ODD_TITLES = [
    "<script>alert('x')</script> cells for lupus",
    "=1+1 cells",
    "+cells",
    "-cells",
    "@cells",
    "\tcells",
    "\rcells",
    "cells\nin two lines",
    'cells "quoted", and; more',
    "خلايا CAR-T للذئبة الحمراء",
    "cells \u202eback to front",
    "cells 🧬 in SLE",
    "O'Cells \\ 100 % _ of them",
]


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
    path.write_bytes(_empty())
    with duckdb.connect(str(path)) as connection:
        for table in TABLES:
            if made.get(table.name):
                connection.register("given", arrow(table, made[table.name]))
                connection.execute(f"INSERT INTO {table.name} SELECT * FROM given ORDER BY {', '.join(table.key)}")
                connection.unregister("given")
        connection.execute("UPDATE release SET schema_version = ?", [schema_version])
    return path


@cache
def _empty() -> bytes:
    """The file before it has rows: made once, it takes longer than most rows."""
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "empty.duckdb"
        connection.execute(f"ATTACH '{path}' AS made (STORAGE_VERSION 'v1.0.0')")
        connection.execute("USE made")
        for table in TABLES:
            for statement in (ddl.create_table(table), *ddl.comments(table)):
                connection.execute(statement)
        for statement in (*ddl.views_and_macros(), *comments.of_views_and_macros()):
            connection.execute(statement)
        connection.execute("USE memory")
        connection.execute("DETACH made")
        return path.read_bytes()


def arrow(table: Table, given: list[dict[str, Any]]) -> pa.Table:
    """Rows as an Arrow table with the columns of the schema, in order."""
    columns = [pa.array([row.get(column.name) for row in given], ARROW_TYPES[column.type]) for column in table.columns]
    return pa.table(columns, names=list(table.column_names))


def make_tables_of_views(connection: duckdb.DuckDBPyConnection) -> None:
    """In a working database tables of the schema in place of views over contents: rows can be put into them."""
    for declared in TABLES:
        if declared.name in work.VIEWS:
            connection.execute(f"DROP VIEW {declared.name}")
            connection.execute(ddl.create_table(declared))


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
        {
            "nct_id": trial["nct_id"],
            "site_no": place,
            "facility": "=HYPERLINK(0)",
            "city": city,
            "country": country,
            "country_code": code,
            "latitude": latitude,
            "longitude": longitude,
            "place_key": f"{code}|{city}".lower() if code else None,
            "site_status": draw.choice(["RECRUITING", None, None]),
        }
        for place, (city, country, code, latitude, longitude) in enumerate(sites, start=1)
    ]
    of = {name: (parent, group) for name, parent, group in DISEASES}
    made["trial_diseases"] += [
        {
            "nct_id": trial["nct_id"],
            "disease": disease,
            "parent_disease": of[disease][0],
            "disease_group": of[disease][1],
            "source": "condition",
        }
        for disease in trial["diseases"] or []
    ]
    texts = {"nct_id": trial["nct_id"]}
    made["trial_conditions"].append(texts | {"condition_no": 1, "condition": "Systemic Lupus"})
    made["trial_keywords"].append(
        texts | {"keyword_no": 1, "keyword": draw.choice(["CAR-T", "cell therapy", "Sjögren"])}
    )
    made["trial_interventions"].append(
        texts | {"intervention_no": 1, "name": "FAB-101 cells", "other_names": ["fabuleucel"]}
    )
    if draw.random() < 0.8:
        made["trial_outcomes"].append(
            texts | {"outcome_no": 1, "outcome_type": "primary", "measure": "dose-limiting toxicity"}
        )
    given(made, draw, trial)
    if trial["has_results"]:
        posted(made, number, trial["nct_id"])
    legs = draw.sample(LEGS, draw.choice([0, 1, 1, 2, 3]))
    made["trial_search_hits"] += [
        texts | {"leg": leg, "first_seen_at": TODAY - timedelta(days=400), "last_seen_at": TODAY}
        for leg in legs or [draw.choice(NO_SEARCH)]
    ]
    states(made, draw, trial)


def _trial(draw: random.Random, number: int) -> dict[str, Any]:
    spelled, canonical, kind = draw.choice(SPONSORS)
    treated = draw.sample(DISEASES, draw.choice([0, 1, 1, 2]))
    diseases = {name for name, _, _ in treated} | {parent for _, parent, _ in treated if parent}
    posted = date(2021, 1, 1) + timedelta(days=draw.randrange(2000)) if number % 29 else None
    start, start_precision = _date(draw, posted)
    completion, completion_precision = _date(draw, start)
    nct_id = nct(number)
    return {
        "nct_id": nct_id,
        "brief_title": ODD_TITLES[number] if number < len(ODD_TITLES) else f"FAB cells in disease {number}",
        "brief_summary": f"Cells for lupus, number {number}.",
        "official_title": None,
        "overall_status": draw.choice(STATUSES),
        "last_known_status": draw.choice(["RECRUITING", None]),
        "study_type": draw.choice(["INTERVENTIONAL"] * 8 + ["OBSERVATIONAL", "EXPANDED_ACCESS"]),
        "phases": draw.choice(PHASES),
        "enrollment_count": draw.choice([0, 6, 12, 24, 60, 120, None]),
        "enrollment_type": draw.choice(["ACTUAL", "ESTIMATED", "ESTIMATED", None]),
        "start_date": start,
        "start_date_precision": start_precision,
        "start_date_type": draw.choice(["ACTUAL", "ESTIMATED", None]) if start else None,
        "primary_completion_date": completion,
        "primary_completion_date_precision": completion_precision,
        "primary_completion_date_type": draw.choice(["ACTUAL", "ESTIMATED", None]) if completion else None,
        "first_submitted_date": posted and posted - timedelta(days=5),
        "first_posted_date": posted,
        "first_posted_date_precision": posted and "day",
        "has_results": draw.random() < 0.1,
        "lead_sponsor": spelled,
        "sponsor_canonical": canonical,
        "sponsor_type": kind,
        "allocation": {"industry": "RANDOMIZED", "academic": "NA"}.get(kind),  # drawn of nothing: other draws stay
        "industry_involved": kind == "industry" or draw.random() < 0.2,
        "std_ages": draw.choice([["ADULT"], ["CHILD", "ADULT"], None]),
        "url": f"https://example.org/{nct_id}",
        "scope": draw.choice(["in_scope"] * 6 + ["follow_up", "out_of_scope"]),
        "scope_reason": draw.choice(["gives_car_cells", "cancer", "no_car"]),
        "diseases": sorted(diseases) or None,
        "is_basket": len(treated) > 1 if treated else None,
        "topics": ["sle"] if "SLE" in diseases else None,
        "registry_state": draw.choice(["present"] * 12 + ["left_search", "alias", "withheld", "removed"]),
        "is_stale": draw.random() < 0.03,
        "first_seen_at": TODAY - timedelta(days=400),
        "last_seen_at": TODAY,
        "content_sha256": sha256_of(nct_id),
        "run_id": "run-2",
    }


def _date(draw: random.Random, after: date | None) -> tuple[date | None, str | None]:
    """A date some time after another, day, month or year given; sometimes none."""
    if after is None or draw.random() < 0.15:
        return None, None
    day = after + timedelta(days=draw.randrange(-120, 500))
    precision = draw.choice(["day", "day", "month", "month", "year"])
    if precision == "day":
        return day, precision
    return (day.replace(day=1), precision) if precision == "month" else (date(day.year, 1, 1), precision)


def _paper(made: Rows, draw: random.Random, number: int, trials: int) -> None:
    pmid = str(90000000 + number)
    made["publications"].append(
        {
            "pmid": pmid,
            "title": draw.choice(ODD_TITLES),
            "abstract": draw.choice(["A patient with lupus and Sjögren.", None]),
            "journal": "Annals of Made-Up Medicine",
            "publication_date": date(2022, 1, 1) + timedelta(days=draw.randrange(1700)) if number % 11 else None,
            "publication_date_precision": "day",
            "publication_types": draw.choice([["Journal Article"], ["Case Reports"], ["Review"], None]),
            "is_retracted": draw.random() < 0.05,
            "has_expression_of_concern": draw.random() < 0.05,
            "scope": draw.choice(["in_scope", "in_scope", "out_of_scope"]),
            "diseases": draw.choice([["SLE"], ["ITP"], None]),
            "target_antigens": draw.choice([["CD19"], None]),
            "topics": draw.choice([["sle"], None]),
            "url": f"https://example.org/{pmid}",
            "is_deleted": draw.random() < 0.05,
            "is_stale": False,
            "first_seen_at": TODAY,
            "last_seen_at": TODAY,
            "content_sha256": sha256_of(pmid),
            "run_id": "run-2",
        }
    )
    if draw.random() < 0.4:
        made["publication_trial_numbers"].append(
            {"pmid": pmid, "registry": "ChiCTR", "number": "X1", "named_in": "abstract"}
        )
    made["publication_search_hits"].append(
        {"pmid": pmid, "leg": "sle-papers", "first_seen_at": TODAY, "last_seen_at": TODAY}
    )
    for source in draw.choice([[], ["pubmed_databank"], ["pubmed_databank", "registry_reference"]]):
        made["trial_publications"].append(
            {
                "nct_id": nct(number * 2 % trials),
                "pmid": pmid,
                "link_source": source,
                "relation": draw.choice(["reports", "reports", "protocol", "background"]),
                "relation_reason": "made-up",
            }
        )


def _production(made: Rows) -> None:
    for number in (1, 2):
        clock = TODAY - timedelta(days=2 - number)
        made["runs"].append(
            {
                "run_id": f"run-{number}",
                "kind": "nightly",
                "source": "live",
                "clock_at": clock,
                "started_at": clock,
                "finished_at": clock,
                "status": "published",
                "code_version": "0.1.0",
                "rule_version": "1",
            }
        )
        made["source_pulls"] += [
            {
                "run_id": f"run-{number}",
                "source": source,
                "leg": leg,
                "query": f"query {leg} & more",
                "records": 10,
                "is_skipped": False,
            }
            for source, leg in [*(("ctgov", leg) for leg in (*LEGS, "empty-leg")), ("pubmed", "sle-papers")]
        ]
    made["release"] = [
        {
            "run_id": "run-2",
            "published_at": TODAY,
            "data_stamp": "2026-09-02T09:00:05",
            "schema_version": SCHEMA_VERSION,
            "rule_version": "1",
            "code_version": "0.1.0",
            "fingerprint": "f" * 64,
            "is_demo": True,
        }
    ]
