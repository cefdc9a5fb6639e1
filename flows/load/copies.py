"""Which copy of a record counts: in one pull, across legs and across nights.

The newest by what the source says of it (`flows.sources.stamps`). A copy that is older than what stands waits. It
counts when it comes again as newer data: registries do take changes back. Where records carry no data date, data is
newer when the pull's own stamp is (the registry's data stamp, else the night). A date from after the pull is not
believed. A copy that cannot be read takes no place of one that came beside it and can: it is quarantined.

A night and a rebuild decide by this alone, from the manifests in order and the records that they name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from flows.sources.stamps import UNSTAMPED, Stamp
from flows.storage.manifests import Manifest
from transforms.follow import unreadable_copy
from transforms.shaped import Problem
from warehouse.tables.sources import CTGOV

Read = Callable[[str], bytes]  # the record of a content hash
Spoiled = tuple[str, str, Problem]  # record id, content hash, why it cannot be read


class Copy(NamedTuple):
    """A record as one leg gave it; `pulled` is the stamp of the pull, `is_stub` where its content is withheld."""

    sha256: str
    stamp: str
    pulled: str
    is_stub: bool = False


class Standing(NamedTuple):
    """What stands of a record, and the copy that waits: its content and the data date under which it first came."""

    sha256: str
    stamp: str
    is_stub: bool = False
    waiting_sha256: str | None = None
    waiting_since: str | None = None


class Chosen(NamedTuple):
    """What a run makes of its manifests' copies of one source.

    `contents`: record -> the content that stands now. `withheld`: known records of which only the stub came.
    `older`: records of which an older copy came, be it beside the newer one or alone. `spoiled`: copies that do not
    stand because they cannot be read.
    """

    contents: dict[str, str]
    withheld: frozenset[str]
    older: tuple[str, ...]
    spoiled: tuple[Spoiled, ...] = ()


def choose(source: str, manifests: Sequence[Manifest], standings: dict[str, Standing], read: Read) -> Chosen:
    """Choose among tonight's copies of each record, and between the newest and what stands.

    `standings` is brought up to date. The order of the manifests does not matter. `read` is asked for records of which
    copies differ. Raises ArchiveError where one is missing or damaged.
    """
    mine = [manifest for manifest in manifests if manifest.source == source]
    copies, older, spoiled = _newest(source, mine, read)
    contents: dict[str, str] = {}
    withheld: list[str] = []
    for record_id, copy in copies.items():
        standing = standings.get(record_id)
        if standing is not None and standing.sha256 == copy.sha256 and standing.stamp == copy.stamp:
            contents[record_id] = copy.sha256
            if standing.waiting_sha256:
                standings[record_id] = standing._replace(waiting_sha256=None, waiting_since=None)
            continue
        now = _stands(standing, copy, source)
        standings[record_id] = now
        if now.waiting_sha256:
            older[record_id] = None
        if standing is not None and copy.is_stub and not standing.is_stub and not now.waiting_sha256:
            withheld.append(record_id)
        else:
            contents[record_id] = now.sha256
    return Chosen(contents, frozenset(withheld), tuple(sorted(older)), tuple(spoiled))


def _newest(
    source: str, manifests: Sequence[Manifest], read: Read
) -> tuple[dict[str, Copy], dict[str, None], list[Spoiled]]:
    """The newest copy of each record over all legs that can be read; records of which one was older; copies that
    cannot be read. What nobody asked for anew tells of no older copy again."""
    newest: dict[str, Copy] = {}
    several: dict[str, list[Copy]] = {}
    for record_id, copy in _copies(manifests):
        before = newest.setdefault(record_id, copy)
        if record_id in several or before.sha256 != copy.sha256:
            several.setdefault(record_id, [before]).append(copy)
        elif not _stamp(copy.stamp).is_older_than(_stamp(before.stamp)):
            newest[record_id] = copy
    older = dict.fromkeys(record_id for manifest in manifests for record_id in manifest.older)
    spoiled: list[Spoiled] = []
    for record_id, copies in several.items():
        readable, unreadable = _parted(source, record_id, copies, read)
        newest[record_id], is_older = _newest_of(readable or copies)
        spoiled += [one for one in unreadable if one[1] != newest[record_id].sha256]
        if is_older and not all(manifest.is_skipped for manifest in manifests):
            older[record_id] = None
    return newest, older, spoiled


def _copies(manifests: Sequence[Manifest]) -> Iterator[tuple[str, Copy]]:
    """Every copy of a record, by leg and in each as they came, with the one that the leg holds for the newest last."""
    for manifest in sorted(manifests, key=lambda one: one.leg):
        pulled = manifest.data_stamp or manifest.started_at
        for record_id, sha256, stamp, is_stub in manifest.copies:
            yield record_id, Copy(sha256, _believed(stamp, pulled), pulled, is_stub)
        withheld, stamps = frozenset(manifest.withheld), manifest.stamps
        for named, sha256 in manifest.records:
            if named is not None:
                yield named, Copy(sha256, _believed(stamps.get(named, ""), pulled), pulled, named in withheld)


def _parted(source: str, record_id: str, copies: Sequence[Copy], read: Read) -> tuple[list[Copy], list[Spoiled]]:
    """Those of a record's copies that can be read, and the others with why not."""
    problems = {
        sha256: unreadable_copy(source, record_id, read(sha256)) for sha256 in dict.fromkeys(one[0] for one in copies)
    }
    readable = [copy for copy in copies if problems[copy.sha256] is None]
    return readable, [(record_id, sha256, problem) for sha256, problem in problems.items() if problem]


def _newest_of(copies: Sequence[Copy]) -> tuple[Copy, bool]:
    """The newest of a record's copies, of equals the last; and whether another one was surely older."""
    newest, is_older = copies[0], False
    for copy in copies[1:]:
        mine, others = _stamp(copy.stamp), _stamp(newest.stamp)
        is_older |= copy.sha256 != newest.sha256 and (mine.is_older_than(others) or others.is_older_than(mine))
        newest = newest if mine.is_older_than(others) else copy
    return newest, is_older


def _stands(standing: Standing | None, copy: Copy, source: str) -> Standing:
    """What stands after a copy came: itself, or what stood, with the copy waiting."""
    # What says nothing of its age is as new as what it was taken for: no older copy may follow it unseen.
    taken = Standing(copy.sha256, copy.stamp or (standing.stamp if standing else ""), copy.is_stub)
    if standing is None:
        return taken
    mine, others = _stamp(copy.stamp), _stamp(standing.stamp)
    is_older = mine.is_older_than(others)
    if copy.sha256 == standing.sha256:
        return taken if not is_older else standing._replace(waiting_sha256=None, waiting_since=None)
    if is_older:
        data = (mine.version if source == CTGOV else None) or copy.pulled
        waits_since = standing.waiting_since if standing.waiting_sha256 == copy.sha256 else None
        says_itself = source == CTGOV and mine.version and others.version
        if says_itself or waits_since is None or data <= waits_since:
            return standing._replace(waiting_sha256=copy.sha256, waiting_since=waits_since or data)
    if copy.is_stub and not standing.is_stub:
        return standing._replace(waiting_sha256=None, waiting_since=None)  # a stub says nothing; its last content stays
    return taken


def _stamp(text: str) -> Stamp:
    return Stamp.of_text(text) if text else UNSTAMPED


def _believed(stamp: str, pulled: str) -> str:
    """A stamp without what lies after its own pull: such a date says nothing, and no later copy could overtake it."""
    if not stamp:
        return stamp
    given = _stamp(stamp)
    kept = Stamp(*(part if part and not _is_after(part, pulled) else None for part in given))
    return stamp if kept == given else kept.text


def _is_after(part: str, pulled: str) -> bool:
    """Whether a day is surely later than that of the pull; PubMed's version numbers are none."""
    return "-" in part and part[:10] > _latest_believed(pulled[:10])


@lru_cache
def _latest_believed(day: str) -> str:
    """The latest day that a source may give in a pull of this day: clocks and zones differ by one or two."""
    try:
        return (date.fromisoformat(day) + timedelta(days=2)).isoformat()
    except (ValueError, OverflowError):  # no day, or the last one that there is
        return "9999"
