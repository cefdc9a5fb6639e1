"""All profiles again from the archive, by today's rules, vocabulary and decisions; and what that changes.

It is a run of its own, sealed and published like a night, but one that asks no source: every record is
read again as it was last received. Trials that the new rules put into or out of scope have their events.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flows.config.outside import REAL, Outside
from flows.config.settings import Settings
from flows.config.watchlist import load as load_watchlist
from flows.errors import CartrialsError
from flows.process import stopping
from flows.runs import lifecycle, recover
from flows.storage.data_folder import DataFolder, open_data_folder
from flows.storage.seal import REBUILD, Seal
from transforms.profile import rule_version
from warehouse.tables.profiles import CAR_T_PROFILES, PRODUCT_ATTRIBUTES
from warehouse.work import Connection

SOURCE = "archive"

# What a profile says of a trial, beside the columns of car_t_profiles; of lists, one entry a row.
OF_TRIALS = ("scope", "scope_reason", "diseases", "is_basket", "sponsor_canonical", "sponsor_type", "industry_involved")
OF_PROFILES = tuple(column.name for column in CAR_T_PROFILES.columns if column.name not in ("nct_id", "rule_version"))
OF_PAPERS = ("scope", "diseases", "target_antigens")
LISTS = {
    "products": f"SELECT nct_id, product_no, product_key, product, {', '.join(PRODUCT_ATTRIBUTES)} "
                "FROM car_t_products ORDER BY nct_id, product_no",
    "doses": "SELECT nct_id, product_no, dose_text, schedule FROM trial_doses ORDER BY nct_id, dose_no",
    "relations": "SELECT nct_id, relation, related_nct_id FROM trial_relations ORDER BY nct_id, relation_no",
    "roles": "SELECT nct_id, arm_no, intervention_no, role FROM trial_arm_interventions WHERE role IS NOT NULL "
             "ORDER BY nct_id, arm_no, intervention_no",
}  # fmt: skip

Told = dict[str, dict[str, Any]]  # record -> attribute -> value


@dataclass(frozen=True)
class Difference:
    """One value of one trial or paper, before and after."""

    record_id: str
    attribute: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.record_id}  {self.attribute}: {shown(self.before)} → {shown(self.after)}"


@dataclass(frozen=True)
class Reprofiled:
    """What doing the profiles again gave. Versions are those of rules and vocabulary together."""

    run_id: str
    records: int
    before: str | None
    after: str
    differences: tuple[Difference, ...]


def reprofile(
    settings: Settings, progress: Callable[[str], None] = lambda line: None, outside: Outside = REAL
) -> Reprofiled:
    """Read every record again and publish. Raises Held when the new rows break a critical check.

    Whatever is raised, nothing has changed and the last release stands.
    """
    stopping.begin_work()
    watchlist = load_watchlist(settings.watchlist)
    with open_data_folder(settings, outside) as place:
        recover.finish(place)
        last = _last_seal(place)
        run = lifecycle.begin(place, clock=_clock(place, last), source=SOURCE, kind=REBUILD)
        with lifecycle.noting_failure(place, run):
            stood, version = read_profiles(place.connection), _version(place.connection)
            progress(f"reading {_count(place.connection)} records again")
            seal = lifecycle.seal_of(place, run, watchlist, last.data_stamp, is_demo=last.is_demo)
            report = lifecycle.complete(place, run, seal, [], watchlist)
        found = tuple(differences(stood, read_profiles(place.connection)))
        return Reprofiled(report.run_id, _count(place.connection), version, rule_version(), found)


def _last_seal(place: DataFolder) -> Seal:
    sealed = place.manifests.sealed()
    if not sealed:
        raise CartrialsError(
            "Nothing has been received yet, so there is no profile to do again. Run `cartrials nightly`."
        )
    return sealed[-1]


def _clock(place: DataFolder, last: Seal) -> datetime:
    """Now; where the last pull was a recorded night, just after it: the days there are the recordings' days."""
    just_after = last.clock + timedelta(seconds=1)
    pulled = [seal for seal in place.manifests.sealed() if not seal.asks_no_source]
    if pulled and pulled[-1].source != "live":
        return just_after
    return max(place.outside.clock(), just_after)


# ---- what is told of each record ----


def read_profiles(connection: Connection) -> Told:
    """All that rules say of each trial and paper, lists sorted as the tables keep them."""
    found: Told = {}
    _add(found, connection, "trials", "nct_id", OF_TRIALS)
    _add(found, connection, "car_t_profiles", "nct_id", OF_PROFILES)
    _add(found, connection, "publications", "pmid", OF_PAPERS)
    for attribute, query in LISTS.items():
        for nct_id, *values in connection.execute(query).fetchall():
            found.setdefault(nct_id, {}).setdefault(attribute, []).append(values)
    return found


def _add(found: Told, connection: Connection, table: str, key: str, columns: Iterable[str]) -> None:
    names = tuple(columns)
    for record_id, *values in connection.execute(f"SELECT {key}, {', '.join(names)} FROM {table}").fetchall():
        record = found.setdefault(record_id, {})
        record |= {name: value for name, value in zip(names, values, strict=True) if value is not None}


def differences(before: Told, after: Told) -> Iterator[Difference]:
    """Every value that differs, by record and attribute."""
    for record_id in sorted({*before, *after}):
        old, new = before.get(record_id, {}), after.get(record_id, {})
        if old != new:
            for attribute in dict.fromkeys((*old, *new)):
                if old.get(attribute) != new.get(attribute):
                    yield Difference(record_id, attribute, old.get(attribute), new.get(attribute))


def shown(value: Any) -> str:
    """A value in a line: words as they are, lists parted by commas, nothing as "not stated"."""
    if value is None or value == []:
        return "not stated"
    if isinstance(value, list):
        parts = [
            " / ".join(shown(part) for part in item if part not in (None, [])) if isinstance(item, list) else str(item)
            for item in value
        ]
        return "; ".join(parts) if any(isinstance(item, list) for item in value) else ", ".join(parts)
    return value if isinstance(value, str) else json.dumps(value)


def _version(connection: Connection) -> str | None:
    row = connection.execute("SELECT rule_version FROM _kept ORDER BY number DESC LIMIT 1").fetchone()
    return row[0] if row else None


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM _records").fetchone()
    return int(row[0]) if row else 0
