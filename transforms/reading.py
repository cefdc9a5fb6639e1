"""A registry record read: its study object, its rows with the profile's columns, and its profile.

Beside another version of the record only what differs is read: modules of the same bytes are the other's objects,
lists that say the same have its rows, and rules are asked only where what they read has changed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from transforms.clinicaltrials import study as clinicaltrials
from transforms.clinicaltrials.results.section import result_rows
from transforms.content import Sections, read_sections
from transforms.frames import readable
from transforms.profile import StudyProfile, profile_study
from transforms.profile.overrides import Override, profile_decided
from transforms.profile.read_parts import reads_the_same
from transforms.profile.reading.bounds import LARGE_RECORD, within_bounds
from transforms.shaped import Rows, Shaped
from warehouse.tables import results

# What of a study a profile adds to tables that the registry's own words fill.
PROFILED_TABLES = (
    "trial_diseases", "trial_relations", "car_t_products", "trial_doses", "car_t_profiles", "car_t_evidence",
    "trial_endpoints", "trial_criteria", "trial_conditioning",
)  # fmt: skip
RESULT_TABLES = frozenset(one.name for one in results.TABLES)
NO_PROFILE = StudyProfile("out_of_scope", "", {})

Overrides = dict[str, list[Override]]


class Reading(msgspec.Struct):
    """A registry record: its study object, its rows, and its profile by the rules alone."""

    sha256: str | None
    raw: bytes
    sections: Sections
    shaped: Shaped
    profile: StudyProfile
    earlier: tuple[Any, StudyProfile] | None = None  # the study and profile read before it that read otherwise
    _readable: Rows | None = None

    @property
    def study(self) -> Any:
        return self.sections.study

    @property
    def is_readable(self) -> bool:
        """False when the whole record must wait in quarantine."""
        return self.shaped.is_readable and self.shaped.record_id is not None

    def readable_rows(self, before: Reading | None = None) -> Rows:
        """The rows with what has not its column's type left out; a table that says as `before` is not looked at."""
        if self._readable is None:
            known = before.readable_rows() if before else {}
            said = before.shaped.rows if before else {}
            anew = readable({name: rows for name, rows in self.shaped.rows.items() if not _same(rows, said.get(name))})
            self._readable = {name: anew[name] if name in anew else known[name] for name in self.shaped.rows}
        return self._readable


def read_record(sha256: str | None, raw: bytes, overrides: Overrides, beside: Reading | None = None) -> Reading:
    """A record, `beside` another version of it. Raises ValueError when it is not JSON."""
    sections = read_sections(raw, beside.sections if beside else None)
    shaped, profile = _profiled(sections.study, overrides, beside, is_large=len(raw) > LARGE_RECORD)
    reading = Reading(sha256, raw, sections, shaped, profile)
    if beside is not None:
        reading.earlier = beside.earlier if profile is beside.profile else (beside.study, beside.profile)
    return reading


def trial_rows(study: Any, overrides: Overrides) -> Shaped:
    """All rows of one study: the registry's, with the profile's columns and tables."""
    return _profiled(study, overrides, None, is_large=True)[0]


def _profiled(
    study: Any, overrides: Overrides, beside: Reading | None, *, is_large: bool
) -> tuple[Shaped, StudyProfile]:
    """All rows of one study, and its profile by the rules alone; of a large one they read what is within bounds."""
    lists = None
    # What could not be read of the version beside is noted of this one too: its lists are read again.
    if beside is not None and beside.is_readable and not beside.shaped.problems and isinstance(study, dict):
        lists = beside.shaped.rows if clinicaltrials.lists_say_the_same(beside.study, study) else None
    shaped = clinicaltrials.shape(study, lists)
    if not shaped.rows or shaped.record_id is None:
        return shaped, NO_PROFILE
    posted, unread = result_rows(study, shaped.record_id, shaped.rows["trial_outcomes"])
    read, cut = within_bounds(study) if is_large else (study, [])
    profile = _known_profile(study, beside) or profile_study(read)
    mine = overrides.get(shaped.record_id)
    decided = profile_decided(read, mine, profile) if mine else profile
    is_known = lists is not None and beside is not None and decided is beside.profile
    whole = _with_profile(shaped, decided, is_known)
    rows = {**{name: listed for name, listed in whole.rows.items() if name not in RESULT_TABLES}, **posted}
    return Shaped(whole.record_id, rows, (*whole.problems, *unread, *cut)), profile


def _known_profile(study: Any, beside: Reading | None) -> StudyProfile | None:
    """The profile of a version that reads the same: of the one beside, or of what was altered and put back."""
    if beside is None or beside.profile is NO_PROFILE:
        return None
    if reads_the_same(beside.study, study):
        return beside.profile
    if beside.earlier is not None and reads_the_same(beside.earlier[0], study):
        return beside.earlier[1]
    return None


def _with_profile(shaped: Shaped, profile: StudyProfile, is_known: bool) -> Shaped:
    """The rows with the columns and tables of a profile; where it `is_known` its tables are there already."""
    rows = dict(shaped.rows)
    trial = {**shaped.rows["trials"][0], **profile.trial, "scope": profile.scope, "scope_reason": profile.scope_reason}
    trial["diseases"] = sorted(profile.trial.get("diseases") or ())
    rows["trials"] = [trial]
    if is_known:
        return Shaped(shaped.record_id, rows, shaped.problems)
    for name in PROFILED_TABLES:
        rows[name] = [{"nct_id": shaped.record_id, **row} for row in profile.rows.get(name, ())]
    roles = {
        (row["arm_no"], row["intervention_no"]): row["role"] for row in profile.rows.get("trial_arm_interventions", ())
    }
    # Also without roles: the rows may be those of a version that had some.
    rows["trial_arm_interventions"] = [
        {**row, "role": roles.get((row["arm_no"], row["intervention_no"]))} for row in rows["trial_arm_interventions"]
    ]
    return Shaped(shaped.record_id, rows, shaped.problems)


def _same(rows: list[dict[str, Any]], others: list[dict[str, Any]] | None) -> bool:
    return rows is others or rows == others
