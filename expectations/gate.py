"""The gate: a pull as a whole, held against what the source says, the last release and the watchlist.

Pure functions over small values; no Great Expectations, no network, no database. `gate` looks at a
pull before its records are shaped, `gate_tables` at the tables made of it. Both give results of stage
`gate`; `expectations.results.verdict` says whether they hold the run. What a failed check observed is a whole
sentence: the fact that was found, for people who have never read the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from expectations.pull import Fill, Fills, LegPull, PreviousRelease, Pull, Topic
from expectations.results import (
    CRITICAL,
    EXAMPLES,
    FAILED,
    INFO,
    NOT_AVAILABLE,
    PASSED,
    WARNING,
    CheckResult,
    counted,
)
from warehouse.tables.sources import CTGOV, SOURCES

__all__ = ["Fill", "LegPull", "PreviousRelease", "Pull", "Topic", "gate", "gate_tables"]

STAGE = "gate"
PHRASES = "The source searches for every phrase"
PHRASE_SHOWN = 100  # characters

# Trials leave a search one at a time, when their text changes: between five days of 2026, two to three
# weeks apart, at most 1 of 210 did. A tenth gone, and more than three, is no such thing.
SHRINKING_SHARE = 0.1
SHRINKING_RECORDS = 3
# Tables of details follow their trials: one trial with many sites may take twenty rows with it.
SHRINKING_ROWS = 20

# A column can only be called empty where enough values were to be expected. With 20 expected and the
# rows alike, finding 2 or fewer happens by chance less than once in a million nights.
EXPECTED_VALUES = 20
EMPTIED_SHARE = 0.1
# Half gone may be a batch of another kind (only withdrawn trials, say): told, not held.
HALVED_SHARE = 0.5


def gate(pull: Pull, previous: PreviousRelease | None) -> list[CheckResult]:
    """Every check of a pull. `previous` is None on the first run."""
    is_first = previous is None
    previous = previous or PreviousRelease()
    results: list[CheckResult] = []
    for leg in pull.legs:
        results += _leg_checks(leg, previous.legs.get((leg.source, leg.leg)))
        if leg.is_search:
            results.append(_dropped(leg, previous, is_first=is_first))
    # A source of which only known ids were asked was not searched: how many records it has is not known.
    for source in sorted({leg.source for leg in pull.legs if leg.ids_asked is None}):
        legs = [leg for leg in pull.legs if leg.source == source]
        results += _source_checks(source, legs, pull.distinct.get(source, 0), previous.distinct.get(source))
    results += [_sentinels(topic, pull.legs) for topic in pull.topics]
    results += [_no_older(source, older) for source, older in sorted(pull.older.items())]
    results.append(_new_fields(pull.new_fields))
    return results


def gate_tables(tables: Mapping[str, int], fills: Fills, previous: PreviousRelease | None) -> list[CheckResult]:
    """What became of tables and columns. `tables`: rows as they will be published; `fills`: of the rows
    that this run wrote (a renamed field shows there first), or of whole tables.
    """
    previous = previous or PreviousRelease()
    results = [_table_shrunk(name, rows, previous.tables.get(name)) for name, rows in tables.items()]
    gone = sorted(name for name, rows in previous.tables.items() if rows and name not in tables)
    results += [_gone(name, previous.tables[name]) for name in gone]
    return results + _emptied_columns(fills, previous.fills)


def _leg_checks(leg: LegPull, before: int | None) -> Iterator[CheckResult]:
    subject = f"{leg.source} {leg.leg}"
    yield _total(subject, leg)
    if leg.ids_asked is not None:
        yield _answered(subject, leg)
    if leg.is_search:
        yield _finds_records(subject, leg)
        yield _shrunk(subject, "The leg finds about as many records as last time", leg, before)
    yield _no_repeats(subject, leg)


def _source_checks(source: str, legs: list[LegPull], distinct: int, before: int | None) -> Iterator[CheckResult]:
    name = "The source gives records"
    if all(leg.is_skipped for leg in legs):
        yield _not_available(source, name, "not pulled: its data had not changed")
        return
    if distinct:
        yield _passed(source, name, f"{distinct} records")
    else:
        yield _failed(source, name, f"{_named(source)} gave no record at all")
    yield _same_stamp(source, legs)
    name = "The source gives about as many records as last time"
    yield _shrunk_to(source, name, distinct, before, f"{_named(source)} gave")


def _total(subject: str, leg: LegPull) -> CheckResult:
    name = "The source gives as many records as it counts"
    if leg.is_skipped or leg.total_reported is None:
        return _not_available(subject, name, "not pulled" if leg.is_skipped else "the source gives no total")
    if leg.records == leg.total_reported:
        return _passed(subject, name, f"{leg.records} records")
    said = f"{_leg(leg)} gave {leg.records} records where the source counts {leg.total_reported}"
    return _failed(subject, name, said)


def _dropped(leg: LegPull, previous: PreviousRelease, *, is_first: bool) -> CheckResult:
    """A phrase that the source did not search for: the search may have found more than was meant.

    A code that no paper has yet is dropped every night: it is told once. A leg that grew with a phrase newly
    dropped, or that finds something the first time it is searched, is held: what it brought may be anything.
    On the first night of all every leg is new: a code that is one of several alternatives holds none of them.
    """
    subject, place = f"{leg.source} {leg.leg}", (leg.source, leg.leg)
    if leg.is_skipped:
        return _not_available(subject, PHRASES, "not pulled")
    if not leg.dropped:
        return _passed(subject, PHRASES)
    before = previous.legs.get(place)
    known = leg.alternatives if is_first else previous.dropped.get(place, ())
    newly = [phrase for phrase in leg.dropped if phrase not in known]
    if newly and leg.records > (before or 0):
        was = "the first time with this query" if before is None else f"{before} last time"
        said = f"{_leg(leg)} was searched without {_quoted(newly)}: {leg.records} records, {was}"
        return _failed(subject, PHRASES, said, leg.dropped)
    untold = [phrase for phrase in leg.dropped if phrase not in previous.told.get(subject, ())]
    if untold:
        said = f"{_leg(leg)} was searched without {_quoted(untold)}"
        return _failed(subject, PHRASES, said, leg.dropped, WARNING)
    return CheckResult(STAGE, subject, PHRASES, INFO, PASSED, f"searched without {_quoted(leg.dropped)}, told before")


def _quoted(phrases: Sequence[str]) -> str:
    named = ", ".join(f"“{phrase[:PHRASE_SHOWN]}”" for phrase in phrases[:EXAMPLES])
    return named + (f" and {len(phrases) - EXAMPLES} more" if len(phrases) > EXAMPLES else "")


def _answered(subject: str, leg: LegPull) -> CheckResult:
    name = "Every id asked for is answered"
    if leg.is_skipped:
        return _not_available(subject, name, "not pulled")
    asked, got = leg.ids_asked or frozenset(), leg.ids_got or frozenset()
    missing = sorted(asked - got - leg.ids_absent)
    if not missing:
        absent = f", {len(leg.ids_absent)} of them unknown to the source" if leg.ids_absent else ""
        return _passed(subject, name, f"{len(asked)} ids{absent}")
    said = f"{len(missing)} of {len(asked)} ids asked for by {_leg(leg)} had no answer: {_listed(missing)}"
    return _failed(subject, name, said, missing)


def _finds_records(subject: str, leg: LegPull) -> CheckResult:
    name = "The leg finds records"
    if leg.is_skipped:
        return _not_available(subject, name, "not pulled", WARNING)
    if leg.records:
        return _passed(subject, name, f"{leg.records} records", WARNING)
    return _failed(subject, name, f"{_leg(leg)} found no record", severity=WARNING)


def _no_repeats(subject: str, leg: LegPull) -> CheckResult:
    name = "No record is given twice"
    if leg.is_skipped:
        return _not_available(subject, name, "not pulled", WARNING)
    if not leg.repeats:
        return _passed(subject, name, severity=WARNING)
    came = "1 record came" if leg.repeats == 1 else f"{leg.repeats} records came"
    said = f"{came} twice from {_leg(leg)} (pages: {leg.pages})"
    return _failed(subject, name, said, severity=WARNING)


def _same_stamp(source: str, legs: list[LegPull]) -> CheckResult:
    name = "The source's data did not change during the pull"
    pulled = [leg for leg in legs if not leg.is_skipped]
    stamps = {stamp for leg in pulled for stamp in (leg.stamp_before, leg.stamp_after) if stamp}
    if not stamps:
        return _not_available(source, name, "the source gives no data stamp")
    if len(stamps) == 1:
        return _passed(source, name, next(iter(stamps)))
    said = f"the data of {_named(source)} changed during the pull, from {min(stamps)} to {max(stamps)}"
    return _failed(source, name, said)


def _shrunk(subject: str, name: str, leg: LegPull, before: int | None) -> CheckResult:
    if leg.is_skipped:
        return _not_available(subject, name, "not pulled")
    return _shrunk_to(subject, name, leg.records, before, f"{_leg(leg)} found")


def _shrunk_to(subject: str, name: str, now: int, before: int | None, gave: str) -> CheckResult:
    if before is None:
        return _not_available(subject, name, "there is no last time")
    lost = before - now
    if lost > max(SHRINKING_RECORDS, SHRINKING_SHARE * before):
        return _failed(subject, name, f"{gave} {now} records, {before} last time")
    return _passed(subject, name, f"{now} records, {before} last time")


def _sentinels(topic: Topic, legs: Iterable[LegPull]) -> CheckResult:
    subject, name = f"{topic.source} {topic.name}", "The search finds every sentinel"
    pulled = [leg for leg in legs if leg.source == topic.source and leg.leg in topic.legs and not leg.is_skipped]
    if not topic.sentinels or not pulled:
        return _not_available(subject, name, "not pulled" if topic.sentinels else "the topic has no sentinel")
    found = frozenset().union(*(leg.ids_got or frozenset() for leg in pulled))
    missing = sorted(set(topic.sentinels) - found)
    if missing:
        legs_of = ("leg " if len(pulled) == 1 else "legs ") + ", ".join(sorted(leg.leg for leg in pulled))
        some = _count(len(missing), len(topic.sentinels), "sentinel")
        said = f"{some} not found by {legs_of} of {_named(topic.source)}: {_listed(missing)}"
        return _failed(subject, name, said, missing)
    return _passed(subject, name, f"{len(topic.sentinels)} found")


def _new_fields(seen: Mapping[str, int]) -> CheckResult:
    name = "Records have no field that is new to us"
    if not seen:
        return _passed(CTGOV, name, severity=WARNING)
    said = f"records of {_named('ctgov')} have fields that are new to us: {counted(seen)}"
    return _failed(CTGOV, name, said, sorted(seen), WARNING)


def _no_older(source: str, older: tuple[str, ...]) -> CheckResult:
    name = "No record comes in a copy older than the one that counts"
    if not older:
        return _passed(source, name, severity=WARNING)
    came = "1 record came" if len(older) == 1 else f"{len(older)} records came"
    said = f"{came} in a copy older than the one that counts, which waits until it comes as newer data"
    return _failed(source, name, f"{said}: {_listed(older)}", older, WARNING)


def _table_shrunk(table: str, rows: int, before: int | None) -> CheckResult:
    name = "The table has about as many rows as in the last release"
    if before is None:
        return _not_available(table, name, "there is no last release with it")
    lost = before - rows
    emptied = rows == 0 and before > SHRINKING_RECORDS
    if emptied or lost > max(SHRINKING_ROWS, SHRINKING_SHARE * before):
        return _failed(table, name, f"the table {table} has {rows} rows, {before} in the last release")
    return _passed(table, name, f"{rows} rows, {before} in the last release")


def _gone(table: str, before: int) -> CheckResult:
    said = f"the table {table} is gone; it had {before} rows in the last release"
    return _failed(table, "The table is still there", said)


def _emptied_columns(now: Fills, before: Fills) -> list[CheckResult]:
    """Of each table with enough rows: which columns lost their values."""
    emptied: dict[str, list[str]] = {}
    halved: dict[str, list[str]] = {}
    compared: set[str] = set()
    for (table, column), fill in now.items():
        was = before.get((table, column))
        expected = fill.rows * was.filled / was.rows if was and was.rows else 0.0
        if expected < EXPECTED_VALUES or was is None:
            continue
        compared.add(table)
        said = f"{column} ({fill.filled} of {fill.rows} filled, {was.filled} of {was.rows} in the last release)"
        if fill.filled <= EMPTIED_SHARE * expected:
            emptied.setdefault(table, []).append(said)
        elif fill.filled < HALVED_SHARE * expected:
            halved.setdefault(table, []).append(said)
    return [
        _columns_kept(table, name, lost.get(table, []), severity, what)
        for name, lost, severity, what in (
            ("No column has emptied", emptied, CRITICAL, "nearly all their values"),
            ("No column has lost half its values", halved, WARNING, "more than half their values"),
        )
        for table in sorted(compared)
    ]


def _columns_kept(table: str, name: str, lost: list[str], severity: str, what: str) -> CheckResult:
    if lost:
        said = f"columns of {table} lost {what}: {'; '.join(lost)}"
        return _failed(table, name, said, severity=severity)
    return _passed(table, name, severity=severity)


def _named(source: str) -> str:
    return SOURCES[source].title if source in SOURCES else source


def _leg(leg: LegPull) -> str:
    return f"leg {leg.leg} of {_named(leg.source)}"


def _count(some: int, of: int, what: str) -> str:
    return f"{some} of {of} {what}{'' if of == 1 else 's'} {'was' if some == 1 else 'were'}"


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - EXAMPLES} more" if len(ids) > EXAMPLES else ""
    return ", ".join(ids[:EXAMPLES]) + more


def _passed(subject: str, name: str, observed: str | None = None, severity: str = CRITICAL) -> CheckResult:
    return CheckResult(STAGE, subject, name, severity, PASSED, observed)


def _not_available(subject: str, name: str, why: str, severity: str = CRITICAL) -> CheckResult:
    return CheckResult(STAGE, subject, name, severity, NOT_AVAILABLE, why)


def _failed(subject: str, name: str, observed: str, ids: Iterable[str] = (), severity: str = CRITICAL) -> CheckResult:
    ids = tuple(ids)
    examples = tuple((each,) for each in ids[:EXAMPLES])
    return CheckResult(STAGE, subject, name, severity, FAILED, observed, len(ids), examples)
