"""All that is shown of one trial: facts, its profile with the reasons for each value, history, papers.

Dossiers are made from rows of the published file and know nothing of HTML or terminals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flows.report import reading, words
from flows.report.posted import Posted, posted_of
from flows.report.quoting import REACH, Quote, quote
from flows.report.reading import Row
from transforms.profile.products.scope import REASONS
from warehouse.querying.reading import Connection
from warehouse.tables.profiles import PRODUCT_ATTRIBUTES

# Fetched around the words that decided: more than a quote shows, so that its edges are the text's own.
STRETCH = 2 * REACH

OF_PRODUCT = (*PRODUCT_ATTRIBUTES, "dose")
OF_TRIAL = (
    "diseases", "lymphodepletion", "n_infusions_min", "n_infusions_max", "is_split_dose", "redosing", "comparators",
    "comparator_agents", "control_crossover", "crossover_after_days", "concomitant_immunosuppression",
    "max_prednisone_mg_per_day", "prophylaxis", "hospital_stay_kind", "hospital_stay_days", "primary_endpoint_domains",
    "safety_outcomes", "follow_up_months", "ltfu_where", "ltfu_months", "also_enrols", "relation", "scope",
)  # fmt: skip
# Silence on these is an answer and is said.
SAID_WHEN_SILENT = frozenset(
    {"target_antigens", "construct", "cell_type", "cell_source", "diseases", "lymphodepletion", "comparators",
     "concomitant_immunosuppression", "safety_outcomes", "follow_up_months"}
)  # fmt: skip
# Shown among the facts, or a repetition of comparators.
LEFT_OUT = frozenset({"product", "comparator", "sponsor_canonical", "sponsor_type", "industry_involved"})


@dataclass(frozen=True)
class Reason:
    """Why a value stands. `quote` for words of the record; otherwise `told` says what it rests on."""

    kind: str
    place: str
    rule_id: str
    quote: Quote | None = None
    told: str = ""


@dataclass(frozen=True)
class Value:
    """One value of an attribute and its reasons."""

    value: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """One attribute with its values; none: not stated."""

    name: str
    values: tuple[Value, ...] = ()

    @property
    def label(self) -> str:
        return words.attribute(self.name)


@dataclass(frozen=True)
class Part:
    """What is told of one product (`product_no`), or of the trial as a whole (None)."""

    title: str
    attributes: tuple[Attribute, ...]
    product_no: int | None = None
    reasons: tuple[Reason, ...] = ()  # for the product being one


@dataclass(frozen=True)
class Dossier:
    """Everything shown of one trial. `row` is its row of sql/facts.sql."""

    row: Row
    facts: tuple[tuple[str, str], ...]
    profile: tuple[Part, ...] = ()
    history: tuple[Row, ...] = ()
    papers: tuple[Row, ...] = ()
    sites: tuple[Row, ...] = ()
    doses: tuple[Row, ...] = field(default=())
    endpoints: tuple[Row, ...] = ()
    criteria: tuple[Row, ...] = ()
    conditioning: tuple[Row, ...] = ()
    results: Posted | None = None

    @property
    def nct_id(self) -> str:
        return str(self.row["nct_id"])


def dossiers(connection: Connection, nct_ids: Sequence[str]) -> list[Dossier]:
    """A dossier for each of `nct_ids` that the file knows, newest registration first."""
    asked = {"nct_ids": list(nct_ids)}
    facts_of = reading.rows(connection, "facts", **asked)
    of = {
        name: reading.by_trial(reading.rows(connection, name, **asked))
        for name in ("products", "doses", "history", "papers", "sites", "endpoints", "criteria", "conditioning")
    }
    results = posted_of(connection, nct_ids)
    evidence = reading.by_trial(reading.rows(connection, "evidence", **asked, reach=STRETCH))
    return [
        Dossier(
            row,
            tuple(facts(row)),
            tuple(profile(row, of["products"].get(nct_id, []), evidence.get(nct_id, []))),
            tuple(of["history"].get(nct_id, ())),
            tuple(of["papers"].get(nct_id, ())),
            tuple(of["sites"].get(nct_id, ())),
            tuple(of["doses"].get(nct_id, ())),
            tuple(of["endpoints"].get(nct_id, ())),
            tuple(of["criteria"].get(nct_id, ())),
            tuple(of["conditioning"].get(nct_id, ())),
            results.get(nct_id),
        )
        for row in facts_of
        for nct_id in (row["nct_id"],)
    ]


def trials_now(connection: Connection, nct_ids: Sequence[str]) -> dict[str, str]:
    """Of these numbers the former ones, with the trial that has each now."""
    return {row["former_nct_id"]: row["nct_id"] for row in reading.rows(connection, "former", nct_ids=list(nct_ids))}


# ---- facts ----


def facts(row: Row) -> Iterable[tuple[str, str]]:
    """Labelled facts of a trial, those that it does not state left out but for the key ones."""
    told = (
        ("Status", _status(row)),
        ("Why stopped", row["why_stopped"]),
        ("Phase", row["phase_label"] or words.NOT_STATED),
        ("Design", _design(row)),
        ("Participants", _participants(row)),
        ("Start", _date(row, "start_date") or words.NOT_STATED),
        ("Primary completion", _date(row, "primary_completion_date")),
        ("Completion", _date(row, "completion_date")),
        ("Sponsor", _sponsor(row)),
        ("Sites", words.counted(row["site_count"], "site") if row["site_count"] else "none listed"),
        ("First posted", _date(row, "first_posted_date")),
        ("Last update", _date(row, "last_update_posted_date")),
        ("Results", "posted" if row["has_results"] else None),
        ("Scope", f"{words.SCOPE.get(row['scope'], row['scope'])}: {scope_reason(row['scope_reason'])}"),
    )
    return ((label, str(value)) for label, value in told if value)


def scope_reason(code: str) -> str:
    """The code of a scope's reason in words."""
    return REASONS.get(code, code.replace("_", " "))


def _status(row: Row) -> str:
    said = words.status(row["overall_status"])
    return (
        f"{said} (last known: {words.status(row['last_known_status']).lower()})" if row["last_known_status"] else said
    )


def _design(row: Row) -> str:
    parts = [row["study_type"], row["allocation"], row["intervention_model"]]
    said = [words.plain(part).lower() for part in parts if part and part != "NA"]
    if row["masking"]:
        said.append(words.MASKING.get(row["masking"], f"masking {words.plain(row['masking']).lower()}"))
    return ", ".join(said).capitalize()


def _participants(row: Row) -> str:
    count, kind = row["enrollment_count"], row["enrollment_type"]
    how_many = words.number(count) if count is not None else words.NOT_STATED
    how = {"ACTUAL": " enrolled", "ESTIMATED": " planned"}.get(kind or "", "") if count is not None else ""
    ages = _ages(row["minimum_age"], row["maximum_age"])
    sex = {"FEMALE": "women only", "MALE": "men only"}.get(row["sex"] or "")
    return ", ".join(part for part in (how_many + how, ages, sex) if part)


def _ages(lowest: str | None, highest: str | None) -> str:
    if lowest and highest:
        unit = highest.partition(" ")[2]
        return f"{lowest.removesuffix(' ' + unit)} to {highest}".lower()
    return f"{lowest} and older".lower() if lowest else f"up to {highest}".lower() if highest else ""


def _date(row: Row, name: str) -> str:
    given = words.given_date(row[name], row[f"{name}_precision"])
    kind = {"ACTUAL": " (actual)", "ESTIMATED": " (planned)"}.get(row.get(f"{name}_type") or "", "")
    return given + kind if given else ""


def _sponsor(row: Row) -> str | None:
    given, canonical, kind = row["lead_sponsor"], row["sponsor_canonical"], row["sponsor_type"]
    if not given:
        return words.NOT_STATED
    as_named = f"{canonical} (as given: {given})" if canonical and canonical != given else given
    return f"{as_named}, {kind}" if kind else as_named


# ---- profile ----


def profile(row: Row, products: Sequence[Row], evidence: Sequence[Row]) -> Iterable[Part]:
    """What is told of each product, then of the trial as a whole. Values are those that evidence gives."""
    by_attribute: dict[tuple[int | None, str], list[Row]] = {}
    for piece in evidence:
        by_attribute.setdefault((piece["product_no"], piece["attribute"]), []).append(piece)
    for product in products:
        number = product["product_no"]
        title = product["product"] if len(products) == 1 else f"{number}. {product['product']}"
        why = _reasons(by_attribute.get((number, "product"), ()))
        yield Part(title, tuple(_attributes(by_attribute, number, OF_PRODUCT)), number, why)
    has_profile = row["rule_version"] is not None
    of_trial = tuple(_attributes(by_attribute, None, (*OF_PRODUCT, *OF_TRIAL), silence=has_profile))
    yield Part("The trial", of_trial)


def _attributes(
    found: dict[tuple[int | None, str], list[Row]], number: int | None, order: Sequence[str], *, silence: bool = True
) -> Iterable[Attribute]:
    names = {name for of, name in found if of == number and name not in LEFT_OUT}
    own = OF_PRODUCT if number is not None else OF_TRIAL
    silent = {name for name in own if silence and name in SAID_WHEN_SILENT}
    place = {name: at for at, name in enumerate(order)}
    for name in sorted(names | silent, key=lambda name: (place.get(name, len(place)), name)):
        yield Attribute(name, tuple(_values(name, found.get((number, name), ()))))


def _values(attribute: str, pieces: Sequence[Row]) -> Iterable[Value]:
    by_value: dict[str, list[Row]] = {}
    for piece in pieces:
        by_value.setdefault(piece["value"], []).append(piece)
    for value, of_value in by_value.items():
        yield Value(said(attribute, value), _reasons(of_value))


def said(attribute: str, value: str) -> str:
    """A value as readers say it."""
    if attribute == "scope":
        return words.SCOPE.get(value, value)
    if attribute == "dose":
        return words.dose(value)
    if attribute == "comparators" and value == "none":
        return "none (single arm)"
    return {"true": "yes", "false": "no"}.get(value, value.replace("_", " ") if attribute == "relation" else value)


def _reasons(pieces: Iterable[Row]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(_reason(piece) for piece in pieces))


def _reason(piece: Row) -> Reason:
    kind, place, rule = piece["kind"], words.place(piece["field_path"]), piece["rule_id"]
    if kind == "text" and piece["stretch"] is not None:
        around = quote(piece["stretch"], piece["start_in_stretch"], piece["end_in_stretch"])
        return Reason(kind, place, rule, around)
    told = str(words.KIND.get(kind, kind))
    stated = ", ".join(one for one in (piece["stated_in"], piece["url"]) if one)
    if stated:
        told = f"{told} ({stated})"
    return Reason(kind, "" if kind in ("product", "series") else place, rule, told=told)
