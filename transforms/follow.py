"""One record through the runs that received it: each content read beside the one before it, and held against it.

What a source does otherwise than another stands here too: papers are not compared, since what happens to them is told
where their ties are known, in their run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from transforms.clinicaltrials import study as clinicaltrials
from transforms.clinicaltrials.results.section import SECTION
from transforms.content import parsed, protocol_sha256, read_sections, same_content
from transforms.frames import readable
from transforms.history.changes import Change, changes
from transforms.history.event import Context, Event
from transforms.history.posted import READ as READ_OF_RESULTS
from transforms.history.version_events import VersionEvents, first_version_events, version_events
from transforms.history.whole_record import record_change
from transforms.profile.papers import profile_paper
from transforms.profile.reading.bounds import paper_within_bounds
from transforms.pubmed import rows as pubmed
from transforms.reading import Overrides, Reading, read_record
from transforms.shaped import RAW_VALUE_LIMIT, Problem, Rows, Shaped, start_of
from warehouse.tables.sources import CTGOV, PUBMED, SOURCES

# What is kept of every content: a run must see what it knew, and states are made of the first two.
VERSIONED_TABLES = (
    "trials", "car_t_profiles", "trial_references",
    *(source.main for source in SOURCES.values() if source.main != "trials"),
    "publication_corrections", "publication_trial_numbers",
)  # fmt: skip

Read = Callable[[str], bytes]  # the record of a hash


class Taken(msgspec.Struct, frozen=True):
    """A content that a run gives a record, or reads again."""

    context: Context
    sha256: str


class Record(msgspec.Struct, frozen=True):
    """A record and what runs take of it, in their order; `record_id` None where it came without a number.

    `good` is the last content before these runs that could be read; where rules have changed it `is_read_again`.
    `others` are contents that no run takes: only their rows are made.
    """

    record_id: str | None
    taken: tuple[Taken, ...] = ()
    good: str | None = None
    others: tuple[str, ...] = ()
    is_read_again: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What became of one content in one run; `run_id` None where no run took it."""

    run_id: str | None
    record_id: str | None
    sha256: str
    is_readable: bool
    is_new_version: bool = False  # other bytes that say the same are none
    protocol_sha256: str | None = None
    of_sponsors: tuple[Event, ...] = ()  # events that only the whole run can judge


class Content(Protocol):
    """A content that has been read."""

    @property
    def sha256(self) -> str | None: ...
    @property
    def shaped(self) -> Shaped: ...


class Source(Protocol):
    """How the records of a source are read and compared."""

    def content(self, sha256: str, raw: bytes, beside: Any) -> Content:
        """A record read `beside` another version of it. Raises ValueError when it is not in its form."""

    def outcome(self, content: Any) -> Outcome:
        """What became of a content that could be read."""

    def against(self, before: Any, after: Any, context: Context) -> tuple[VersionEvents | None, Outcome]:
        """What a content says that the one before it did not, and what became of it."""


@dataclass(slots=True)
class Followed:
    """What was made of one record: of each of its contents no more than is kept.

    `current` is the newest content that was read and could be: record id, hash, all rows.
    """

    current: tuple[str, str, Rows] | None = None
    contents: dict[str, Rows] = field(default_factory=dict)  # by hash
    told: list[Rows] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    problems: dict[str, tuple[str | None, tuple[Problem, ...]]] = field(default_factory=dict)  # by hash


def follow(record: Record, read: Read, source: Source, unfit: dict[str, str] | None = None) -> Followed:
    """A record through its runs; contents in `unfit` wait, for the reason told there."""
    return _Follower(record, read, source, unfit or {}).follow()


@dataclass(slots=True)
class _Follower:
    record: Record
    read: Read
    source: Source
    unfit: dict[str, str]
    made: Followed = field(default_factory=Followed)
    good: Content | None = None  # the newest that could be read

    def follow(self) -> Followed:
        waiting: str | None = None  # the hash of a newer one that could not be read
        unread = self.record.good
        if unread and self.record.is_read_again:
            self.good, unread = self._kept(unread), None
        for one in self.record.taken:
            if unread not in (None, one.sha256):
                self.good, unread = self.content(unread)[0], None
            if one.sha256 == waiting:
                outcome = self._unreadable(one.sha256)
            elif self._is_current(one.sha256):  # read again, or given again after a bad one
                outcome = Outcome(None, self.record.record_id, one.sha256, is_readable=True)
            else:
                outcome = self._taken(one, is_known=unread == one.sha256)
            unread = None
            waiting = None if outcome.is_readable else one.sha256
            self.made.outcomes.append(replace(outcome, run_id=one.context.run_id))
        if self.good is not None and self._is_current(self.good.sha256):
            self.made.current = (str(self.record.record_id), str(self.good.sha256), self.good.shaped.rows)
        for sha256 in self.record.others:
            content = self._kept(sha256)
            self.made.outcomes.append(self.source.outcome(content) if content else self._unreadable(sha256))
        return self.made

    def _is_current(self, sha256: str | None) -> bool:
        """Whether this is the newest good content, and its rows are made."""
        return self.good is not None and self.good.sha256 == sha256 and sha256 in self.made.contents

    def _taken(self, one: Taken, *, is_known: bool) -> Outcome:
        content = self._kept(one.sha256)
        if content is None:
            return self._unreadable(one.sha256)
        try:
            if is_known:
                telling, outcome = None, self.source.outcome(content)
            else:
                telling, outcome = self.source.against(self.good, content, one.context)
        except Exception as error:  # noqa: BLE001  (no record can stop a batch: one that breaks a rule waits)
            self.made.contents.pop(one.sha256)
            self.made.problems[one.sha256] = self._waits(self.read(one.sha256), broken(error))
            return self._unreadable(one.sha256)
        if telling:
            self.made.told.append(telling.rows)
        self.good = content
        return outcome

    def _unreadable(self, sha256: str) -> Outcome:
        return Outcome(None, self.record.record_id, sha256, is_readable=False)

    def _kept(self, sha256: str) -> Any:
        """A content whose rows and problems are kept; None where it must wait."""
        content, problems = self.content(sha256)
        if content is not None:
            rows = content.shaped.rows
            self.made.contents[sha256] = {name: rows[name] for name in VERSIONED_TABLES if name in rows}
        if problems[1]:
            self.made.problems[sha256] = problems
        return content

    def content(self, sha256: str | None) -> tuple[Any, tuple[str | None, tuple[Problem, ...]]]:
        """A content read beside the newest good one, None where it must wait; and its problems."""
        raw = self.read(sha256 or "")
        if reason := self.unfit.get(sha256 or ""):
            return None, self._waits(raw, reason)
        try:
            content = self.source.content(sha256 or "", raw, self.good)
        except ValueError as error:
            return None, self._waits(raw, f"{error}.")
        except Exception as error:  # noqa: BLE001  (as above)
            return None, self._waits(raw, broken(error))
        shaped = content.shaped
        if not shaped.is_readable:
            return None, (shaped.record_id or self.record.record_id, shaped.problems)
        if shaped.record_id is None or shaped.record_id != self.record.record_id:
            return None, self._waits(raw, _named_otherwise(self.record.record_id, shaped))
        return content, (shaped.record_id, shaped.problems)

    def _waits(self, raw: bytes, reason: str) -> tuple[str | None, tuple[Problem, ...]]:
        """Why a content waits in quarantine as a whole."""
        start = raw[:RAW_VALUE_LIMIT].decode("utf-8", "replace")
        return self.record.record_id, (Problem(None, start, reason),)


def broken(error: Exception) -> str:
    """Of a record that a rule of ours broke on: it is read again when the rules change."""
    return f"Reading the record broke: {type(error).__name__}: {start_of(str(error))}."


def _named_otherwise(record_id: str | None, shaped: Shaped) -> str:
    """Why a record is not the one it came as: a number written twice would put its rows in another's place."""
    return f"The record came as {record_id or 'one without a valid number'} and calls itself {shaped.record_id}."


# ---- what the sources do differently ----


@dataclass(frozen=True, slots=True)
class Registry:
    """Records of ClinicalTrials.gov."""

    overrides: Overrides

    def content(self, sha256: str, raw: bytes, beside: Reading | None) -> Reading:
        return read_record(sha256, raw, self.overrides, beside)

    def outcome(self, content: Reading) -> Outcome:
        protocol = protocol_sha256(content.study)
        return Outcome(None, content.shaped.record_id, content.sha256 or "", True, protocol_sha256=protocol)

    def against(self, before: Reading | None, after: Reading, context: Context) -> tuple[VersionEvents | None, Outcome]:
        outcome = self.outcome(after)
        if before is not None and same_content(before.study, after.study) and same_content(*_whole(before, after)):
            return None, outcome
        nct_id, rows = after.shaped.record_id or "", after.shaped.rows
        if before is None:
            telling = first_version_events(nct_id, readable({"trials": rows["trials"]}), context)
        else:
            old = before.readable_rows()
            new = after.readable_rows(before)
            found = (*changes(old, new), *_of_results(before, after)) or (record_change(*_whole(before, after)),)
            telling = version_events(
                nct_id, _of_content(old, before.sha256), _of_content(new, after.sha256), found, context
            )
        return telling, replace(outcome, is_new_version=True, of_sponsors=telling.of_sponsors)


def _of_results(before: Reading, after: Reading) -> tuple[Change, ...]:
    """The one change of results that were corrected, which parts of them; that they came or went is told otherwise."""
    old, new = ({SECTION: reading.study.get(SECTION)} for reading in (before, after))
    if not old[SECTION] or not new[SECTION] or old == new:
        return ()
    return (record_change(old, new),)


def _whole(before: Reading, after: Reading) -> tuple[Any, Any]:
    """The version before and this one with the sections that make no rows.

    Without them where one cannot be read: a number out of any range among the results is not what the record waits for.
    """
    try:
        return parsed(before.raw), parsed(after.raw)
    except ValueError:
        return before.study, after.study


def _of_content(rows: Rows, sha256: str | None) -> Rows:
    """The row of trials as it stands in the working database, with the hash of its content; and what results say."""
    posted = {name: rows[name] for name in READ_OF_RESULTS if name in rows}
    return {"trials": [{**rows["trials"][0], "content_sha256": sha256}], **posted}


class Citation(msgspec.Struct, frozen=True):
    """A PubMed citation, or another record that is its rows, that has been read."""

    sha256: str
    shaped: Shaped


class Plain:
    """Records of a source of which no change is told: what `extract` reads of each is all."""

    extract: Callable[[bytes], Shaped]

    def __init__(self, _overrides: Overrides) -> None:
        pass

    def content(self, sha256: str, raw: bytes, _beside: object) -> Citation:
        return Citation(sha256, type(self).extract(raw))

    def outcome(self, content: Citation) -> Outcome:
        return Outcome(None, content.shaped.record_id, content.sha256, is_readable=True)

    def against(self, _before: object, after: Citation, _context: Context) -> tuple[None, Outcome]:
        return None, self.outcome(after)


class Library(Plain):
    """Citations of PubMed."""

    def content(self, sha256: str, raw: bytes, _beside: object) -> Citation:
        shaped = pubmed.citation_rows(raw)
        if not shaped.is_readable:
            return Citation(sha256, shaped)
        paper = shaped.rows["publications"][0]
        title, abstract, headings, cut = paper_within_bounds(paper)
        paper |= profile_paper(title, abstract, headings, paper.get("publication_types"))
        return Citation(sha256, Shaped(shaped.record_id, shaped.rows, (*shaped.problems, *cut)) if cut else shaped)


# ---- by form alone ----


@dataclass(frozen=True, slots=True)
class _Form(Plain):
    """Records of a source without their profile."""

    source: str

    def content(self, sha256: str, raw: bytes, _beside: object) -> Citation:
        if self.source == CTGOV:
            return Citation(sha256, clinicaltrials.shape(read_sections(raw).study))
        if self.source == PUBMED:
            return Citation(sha256, pubmed.citation_rows(raw))
        follower: Plain = resolve_name(SOURCES[self.source].follower)({})
        return follower.content(sha256, raw, None)


def unreadable_copy(source: str, record_id: str, raw: bytes) -> Problem | None:
    """Why a copy of a record (of `ctgov` or `pubmed`) cannot be read, by its form alone; None where it can."""
    _, (_, problems) = _Follower(Record(record_id), lambda _sha256: raw, _Form(source), {}).content("")
    return next((problem for problem in problems if problem.field_path is None), None)
