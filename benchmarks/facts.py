"""Endpoints, criteria and conditioning held against facts that people read in real records.

    python benchmarks/facts.py [FACTS.jsonl] [--misses]

Needs ../shared/registry/ctgov and ../shared/gold/facts.jsonl: labels made with verbatim quotes before any output was
seen, under keys of their own, which are mapped here. A concept of a description may be there or not. Records marked
`cut` say nothing about absence: in them nothing is counted as wrong. A label with `may` need not be told and is not
wrong when it is; `drug`, `days`, `half_lives`, `anchor`, `rule` and `sex` of a label are scored each by itself.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from transforms.profile import profile_study  # noqa: E402
from transforms.profile.study import profile_inside  # noqa: E402

REAL = ROOT / ".." / "shared" / "registry" / "ctgov"
FACTS = ROOT / ".." / "shared" / "gold" / "facts.jsonl"

# Their names of concepts that are ours by another name.
CONCEPTS = {
    "DORIS": "DORIS remission", "lab abnormality": "laboratory abnormality", "rCRISS50": "rCRISS",
    "EDSS progression": "confirmed disability progression", "EDSS improvement": "confirmed disability improvement",
    "treatment-free": "drug-free", "glucocorticoid <=5 mg/day": "glucocorticoid dose", "efficacy (unnamed)": None,
}  # fmt: skip
DOMAINS = {"PK-PD": "pk_pd", "PRO": "efficacy"}
KINDS = {
    "disease_activity": ("disease_activity", "organ_involvement"), "failed_therapies": ("failed_therapies",),
    "failed_class": ("failed_therapies",), "washout": ("washout",), "prior_drug_excluded": ("washout",),
    "required_autoantibody": ("required_autoantibody",), "contraception": ("contraception",),
    "contraception_months": ("contraception",), "contraception_women_months": ("contraception",),
    "contraception_men_months": ("contraception",),
}  # fmt: skip
FIELDS = {"activity": ("disease_activity",), "failed therapies": ("failed_therapies", "failed_class"),
          "washout": ("washout", "prior_drug_excluded"), "autoantibody": ("required_autoantibody",),
          "contraception": tuple(key for key in KINDS if key.startswith("contraception"))}  # fmt: skip


# What labels may tell besides: the key and the column that must say it; other names of one anchor.
PARTS = {"days": "days", "half_lives": "half_lives", "anchor": "relative_to", "rule": "days_rule", "sex": "sex"}
ANCHORS = {"consent": {"enrolment", "screening"}, "infusion": {"infusion", "enrolment"}}


def studies() -> dict[str, tuple[str, dict[str, Any]]]:
    """NCT number -> how whole the record is, and its study."""
    found = {}
    with gzip.open(REAL / "studies.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            study = json.loads(line)
            found[_number(study)] = ("whole", study)
    with gzip.open(REAL / "car_t_whole.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            given = json.loads(line)
            found[_number(given["study"])] = (given["how"], given["study"])
    return found


def _number(study: dict[str, Any]) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


class Score:
    """What was found, missed and wrong, by field."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.misses: list[str] = []

    def add(self, field: str, ok: bool, what: str) -> None:
        (self.found if ok else self.missed)[field] += 1
        if not ok:
            self.misses.append(f"missed {field}: {what}")

    def add_wrong(self, field: str, what: str) -> None:
        self.wrong[field] += 1
        self.misses.append(f"wrong {field}: {what}")


def score_endpoints(score: Score, label: dict[str, Any], study: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    of: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        of.setdefault(row["outcome_no"], []).append(row)
    begin = _begins(study)
    for endpoint in label["endpoints"]:
        match = re.search(r"\[(\d+)\]", endpoint["field"])
        assert match is not None
        told = of.get(begin[endpoint["type"]] + int(match.group(1)) + 1, [])
        named = {row["concept"] for row in told if row["role"] == "measured"}
        wanted = [CONCEPTS.get(concept, concept) for concept in endpoint["concepts"]]
        in_title = [concept for concept in wanted if concept in named] or wanted[:1]
        what = f"{label['nct_id']} {endpoint['quote'][:60]!r}: {wanted} / {sorted(map(str, named))}"
        score.add("endpoint", all(concept in named for concept in in_title), what)
        for concept in sorted(map(str, named - set(wanted))):
            score.add_wrong("endpoint", f"{what}: {concept}")
        domain = DOMAINS.get(endpoint["domain"], endpoint["domain"])
        score.add("domain", domain in {row["domain"] for row in told}, what)
        times = sorted({month for row in told for month in row["times_months"] or ()})
        near = len(times) == len(endpoint["months"]) and all(
            abs(one - other) <= 0.06 for one, other in zip(times, endpoint["months"], strict=True))  # fmt: skip
        score.add("months", near, f"{what}: {endpoint['months']} / {times}")


def _begins(study: dict[str, Any]) -> dict[str, int]:
    module = study["protocolSection"].get("outcomesModule", {})
    primary, secondary = len(module.get("primaryOutcomes", [])), len(module.get("secondaryOutcomes", []))
    return {"primary": 0, "secondary": primary, "other": primary + secondary}


def score_criteria(score: Score, label: dict[str, Any], rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Facts are found by their quote: a row of the kind whose words overlap it, with the first number that it tells."""
    for field, keys in FIELDS.items():
        facts = [fact for fact in label["facts"] if fact["key"] in keys and "start" in fact]
        kinds = {kind for key in keys for kind in KINDS[key]}
        spans = [(fact["start"], fact["start"] + len(fact["quote"])) for fact in facts]
        for fact, (start, end) in zip(facts, spans, strict=True):
            also = kinds | {"biomarker", "organ_function"}
            near = [row for row, why in rows if row["kind"] in also
                    and why["start_offset"] < end and start < why["end_offset"]]  # fmt: skip
            if not fact.get("may"):
                score.add(field, bool(near) and _number_told(fact, near), f"{label['nct_id']} {fact['value']}")
                _score_parts(score, field, fact, near)
        matched = [row for row, why in rows for start, end in spans
                   if row["kind"] in kinds and why["start_offset"] < end + 60
                   and start - 60 < why["end_offset"]]  # fmt: skip
        said = {(row["subject"], row["value"], row["days"], row["relative_to"]) for row in matched}
        if label["set"] != "whole":
            continue
        for row, why in rows:
            is_asked = row["kind"] == field or (row["kind"] in kinds and row["side"] == "inclusion")
            if is_asked and (row["subject"], row["value"], row["days"], row["relative_to"]) not in said:
                score.add_wrong(field, f"{label['nct_id']} {row['subject']}: {why['matched_text'][:80]!r}")


def _score_parts(score: Score, field: str, fact: dict[str, Any], near: list[dict[str, Any]]) -> None:
    """What a label tells beyond its words, each by itself: of which drug, how long, from when, for whom."""
    drug = fact.get("drug")
    if drug is not None:
        near = [row for row in near if drug in _called(row)]
        score.add(f"{field}: drug", bool(near), f"{fact['value']}")
    for name, column in PARTS.items():
        if name in fact:
            told = {row[column] for row in near}
            score.add(f"{field}: {name}", _is_told(fact[name], told), f"{fact['value']}: {fact[name]} / {told}")


def _called(row: dict[str, Any]) -> str:
    return "; ".join(str(row[name]) for name in ("subject", "subject_family", "subject_class", "class_values"))


def _is_told(wanted: Any, told: set[Any]) -> bool:
    if isinstance(wanted, str):
        return wanted in told or bool(ANCHORS.get(wanted, set()) & told)
    return any(abs((one or -9) - wanted) <= 2 for one in told)


def _number_told(fact: dict[str, Any], near: list[dict[str, Any]]) -> bool:
    """Whether one row has the number that the fact names first: a floor, days, months; facts without one need none."""
    told = re.search(r"(?<![\w-])(\d+(?:\.\d+)?) ?(day|week|month|year)?", fact["value"].split("(")[0])
    if told is None or fact["key"] in ("required_autoantibody", "failed_class"):
        return True
    value, unit = float(told.group(1)), told.group(2)
    days = value * {"day": 1, "week": 7, "month": 365.25 / 12, "year": 365}.get(unit or "", 1)
    names = ("value", "eligible_min", "eligible_max", "half_lives")
    return any(value in [row[name] for name in names] or abs((row["days"] or -9) - days) <= 2 for row in near)


def score_conditioning(score: Score, label: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    for fact in label["facts"]:
        if fact["group"] != "conditioning" or fact["key"] not in ("fludarabine", "cyclophosphamide"):
            continue
        value = float(re.findall(r"\d+(?:\.\d+)?", fact["value"])[0])
        doses = [row["dose_min"] for row in rows if row["agent"] == fact["key"]]
        score.add("conditioning dose", value in doses, f"{label['nct_id']} {fact['value']} / {doses}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", nargs="?", type=Path, default=FACTS)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    if not REAL.exists() or not options.facts.exists():
        sys.exit(f"{REAL} or {options.facts} is absent: there is nothing to measure")
    score, known = Score(), studies()
    for label in labels(options.facts):
        _, study = known[label["nct_id"]]
        profile = profile_study(study)
        if not profile.rows.get("car_t_profiles"):
            profile = profile_inside(study, "in_scope", "reviewed")
        why = {(row["item_table"], row["item_no"]): row for row in profile.rows["car_t_evidence"] if row["item_table"]}
        score_endpoints(score, label, study, profile.rows["trial_endpoints"])
        criteria = [(row, why["trial_criteria", row["criterion_no"]]) for row in profile.rows["trial_criteria"]]
        score_criteria(score, label, criteria)
        score_conditioning(score, label, profile.rows["trial_conditioning"])
    for field in dict.fromkeys((*score.found, *score.missed)):
        found, every = score.found[field], score.found[field] + score.missed[field]
        print(f"{field:24} found {found:3} of {every:3} ({found / every:6.1%})   wrong {score.wrong[field]:3}"
              f" ({score.wrong[field] / every:5.1%})")  # fmt: skip
    if options.misses:
        print(*score.misses, sep="\n")


def labels(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    main()
