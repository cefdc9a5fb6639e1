"""The versions of one trial, in order -> its versions and states in two times.

`timeline(nct_id, observed, from_history)` is a function of what was sighted, so a rebuild and night after
night give the same rows: keep the sightings of a trial (`compact` drops the nights that say nothing new),
add tonight's, call it again. Time is linear in the sightings.

Rules, each for a record that taught it or could:
- Order is that of the manifests. A clock that went backwards makes `observed_at` fall; `known_from` of what
  we observed never does.
- A version begins on the registry's date where that moved; when we saw it where it did not, where it went
  backwards, and where it lies after the day we saw it. It never begins before the one it follows.
- The same content after other content is a version of its own (A, B, A are three).
- Versions of the registry's own history are matched on `protocol_sha256` with those we observed: a match
  gives the observed version the registry's number. The others are put before the first observed version
  that began after them. One dated after the last observed version is left out until the search brings what
  followed: the registry's state now is what the search gives.
- What history adds was not known before it was read, nor before the version that it precedes was seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

import msgspec
from msgspec.structs import replace

from transforms.shaped import Rows
from warehouse.tables.history import STATE_COLUMNS

OBSERVED = "observed"
REGISTRY_HISTORY = "registry_history"


class Sighting(msgspec.Struct, frozen=True):
    """What one night, or one reading of the registry's history, said of a trial.

    `registry_date` is the content's last_update_posted_date, else its first posted or submitted date.
    For a trial that did not come back, or whose newest record cannot be read (`is_stale`), the content is
    the last good one. `last_seen_at` is the last night of a compacted run of equal nights; for a trial
    that is not there, the last night it was.
    """

    observed_at: datetime
    run_id: str
    content_sha256: str
    protocol_sha256: str | None
    registry_date: date | None
    registry_state: str = "present"
    is_stale: bool = False
    origin: str = OBSERVED
    registry_version: int | None = None
    last_seen_at: datetime | None = None

    def same_state_as(self, other: Sighting) -> bool:
        """True when the two say the same of the trial."""
        return self.content_sha256 == other.content_sha256 and self.in_state_of(other)

    def in_state_of(self, other: Sighting) -> bool:
        """True when both are in the same registry_state, and both readable or both not."""
        return self.registry_state == other.registry_state and self.is_stale == other.is_stale


class Timeline(msgspec.Struct, frozen=True):
    """Rows of trial_versions, and what trial_states add to the row of trials of `content_sha256`.

    A state's row of trials is that of its content, with the columns of `states` put over it.
    """

    versions: list[dict[str, Any]]
    states: list[dict[str, Any]]

    def rows(self, rows_of: Callable[[str], Rows]) -> Rows:
        """Rows of trial_versions, trial_states and profile_states.

        `rows_of(content_sha256)` gives the shaped and profiled rows of a version: `trials` and, where it
        has a profile, `car_t_profiles`.
        """
        rows: Rows = {"trial_versions": self.versions, "trial_states": [], "profile_states": []}
        for state in self.states:
            content = rows_of(state["content_sha256"])
            rows["trial_states"].append(content["trials"][0] | state)
            times = {name: state[name] for name in STATE_COLUMNS}
            rows["profile_states"] += [profile | times for profile in content.get("car_t_profiles", [])]
        return rows


def compact(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Sightings of the search in order of their manifests, without the nights that say nothing new.

    `compact(compact(a) + b) == compact(a + b)`: what is kept is enough to go on from.
    """
    kept: list[Sighting] = []
    for one in sightings:
        previous = kept[-1] if kept else None
        if one.registry_state == "present":
            seen = one.last_seen_at or one.observed_at
        else:
            seen = one.last_seen_at or (previous.last_seen_at if previous else None) or one.observed_at
        if previous and one.same_state_as(previous):
            seen = max(seen, previous.last_seen_at or seen)
            kept[-1] = replace(previous, last_seen_at=seen)
        else:
            kept.append(one if one.last_seen_at == seen else replace(one, last_seen_at=seen))
    return kept


def timeline(nct_id: str, observed: Sequence[Sighting], from_history: Sequence[Sighting] = ()) -> Timeline:
    """Versions and states of one trial. `observed` in the order of manifests, not empty; `from_history` of
    every reading of its history, in any order of versions.
    """
    placed = _placed(compact(observed))
    merged = _with_history(placed, _first_read(from_history))
    return Timeline(_versions(nct_id, merged), _states(nct_id, merged, placed[0].sighting.observed_at))


class _Placed(msgspec.Struct, frozen=True):
    """A sighting with the moments it begins: in the registry, and in what we know."""

    sighting: Sighting
    valid_from: datetime
    known_from: datetime
    begins_version: bool


def _placed(observed: Sequence[Sighting]) -> list[_Placed]:
    placed: list[_Placed] = []
    for one in observed:
        before = placed[-1] if placed else None
        known_from = max(one.observed_at, before.known_from) if before else one.observed_at
        begins = before is None or one.content_sha256 != before.sighting.content_sha256
        valid_from = _begins(one, before, known_from) if begins else known_from
        placed.append(_Placed(one, valid_from, known_from, begins))
    return placed


def _begins(one: Sighting, before: _Placed | None, known_from: datetime) -> datetime:
    """The registry's date where it says when this content began, else the moment we saw it."""
    if one.registry_date is None or (before and one.registry_date == before.sighting.registry_date):
        return known_from
    posted = datetime.combine(one.registry_date, time.min)
    if posted > known_from or (before and posted < before.valid_from):
        return known_from
    return posted


def _first_read(from_history: Sequence[Sighting]) -> list[Sighting]:
    """Each version of the registry's history once, as first read, in the registry's order."""
    first: dict[int, Sighting] = {}
    for one in from_history:
        if one.registry_date is not None and one.registry_version is not None:
            first.setdefault(one.registry_version, one)
    return [first[number] for number in sorted(first)]


def _with_history(placed: list[_Placed], history: list[Sighting]) -> list[_Placed]:
    """Observed sightings, numbered by the registry where matched, with what only its history holds."""
    placed, matched = _matched(placed, history)
    merged: list[_Placed] = []
    waiting = deque(one for one in history if one.registry_version not in matched)
    floor = datetime.min
    for observed in placed:
        while waiting and (begins := max(_posted(waiting[0]), floor)) <= observed.valid_from:
            one = waiting.popleft()
            known_from = max(one.observed_at, observed.known_from)
            merged.append(_Placed(one, begins, known_from, begins_version=True))
            floor = begins
        merged.append(observed)
        floor = observed.valid_from
    return merged


def _matched(placed: list[_Placed], history: list[Sighting]) -> tuple[list[_Placed], set[int | None]]:
    """Observed sightings with the registry's number of the version that says the same.

    Where a record flips back, the same protocol stands in the history twice: the newest that is not
    after the observed version is its own.
    """
    by_protocol: dict[str, list[Sighting]] = {}
    for one in history:
        if one.protocol_sha256:
            by_protocol.setdefault(one.protocol_sha256, []).append(one)
    found, matched = [], set()
    for observed in placed:
        candidates = by_protocol.get(observed.sighting.protocol_sha256 or "", [])
        before = [one for one in candidates if _posted(one) <= observed.known_from]
        if before:
            version = before[-1].registry_version
            matched.add(version)
            observed = replace(observed, sighting=replace(observed.sighting, registry_version=version))
        found.append(observed)
    return found, matched


def _posted(one: Sighting) -> datetime:
    if one.registry_date is None:
        raise ValueError(f"version {one.registry_version} of the registry's history has no date")
    return datetime.combine(one.registry_date, time.min)


def _versions(nct_id: str, placed: Sequence[_Placed]) -> list[dict[str, Any]]:
    begun = [one for one in placed if one.begins_version]
    ends = [*(one.valid_from for one in begun[1:]), None]
    return [
        {
            "nct_id": nct_id,
            "version": number,
            "registry_version": one.sighting.registry_version,
            "valid_from": one.valid_from,
            "valid_to": valid_to,
            "registry_date": one.sighting.registry_date,
            "observed_at": one.sighting.observed_at,
            "content_sha256": one.sighting.content_sha256,
            "protocol_sha256": one.sighting.protocol_sha256,
            "origin": one.sighting.origin,
            "run_id": one.sighting.run_id,
        }
        for number, (one, valid_to) in enumerate(zip(begun, ends, strict=True), start=1)
    ]


def _states(nct_id: str, placed: Sequence[_Placed], first_seen: datetime) -> list[dict[str, Any]]:
    rows = []
    versions, version = 0, 0
    known_to = _learned_ends(placed)
    for number, one in enumerate(placed, start=1):
        versions += one.begins_version
        # A trial that left the search keeps the version we last saw, also where history holds a later one.
        state_of = versions if one.begins_version else version
        version = state_of if one.sighting.origin == OBSERVED else version
        following = placed[number] if number < len(placed) else None
        rows.append({
            "nct_id": nct_id,
            "content_sha256": one.sighting.content_sha256,
            "registry_state": one.sighting.registry_state,
            "is_stale": one.sighting.is_stale,
            "first_seen_at": first_seen,
            "last_seen_at": one.sighting.last_seen_at or one.sighting.observed_at,
            "run_id": one.sighting.run_id,
            "state_no": number,
            "version": state_of,
            "valid_from": one.valid_from,
            "valid_to": following.valid_from if following else None,
            "known_from": one.known_from,
            "known_to": known_to[number - 1],
        })  # fmt: skip
    return rows


def _learned_ends(placed: Sequence[_Placed]) -> list[datetime | None]:
    """When we learned that each state had ended: with what we observed next, not before the state itself."""
    ends: list[datetime | None] = []
    observed_next: datetime | None = None
    for one in reversed(placed):
        ends.append(max(one.known_from, observed_next) if observed_next else None)
        if one.sighting.origin == OBSERVED:
            observed_next = one.known_from
    return ends[::-1]
