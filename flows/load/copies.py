"""Which copy of a record counts: in one pull, across legs and across nights.

The newest by what the source says of it (`flows.sources.stamps`). A copy that is older than what stands waits. It
counts when it comes again as newer data: registries do take changes back. Where records carry no data date, data is
newer when the pull's own stamp is (the registry's data stamp, else the night). A date from after the pull is not
believed.

A night and a rebuild decide by this alone, from the manifests in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from flows.sources.records import CTGOV
from flows.sources.stamps import UNSTAMPED, Stamp
from flows.storage.manifests import Manifest


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
    `older`: records of which an older copy came, be it beside the newer one or alone.
    """

    contents: dict[str, str]
    withheld: frozenset[str]
    older: tuple[str, ...]


def choose(source: str, manifests: Sequence[Manifest], standings: dict[str, Standing]) -> Chosen:
    """Choose among tonight's copies of each record, and between the newest and what stands.

    `standings` is brought up to date. The order of the manifests does not matter.
    """
    copies, older = _newest(source, manifests)
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
    return Chosen(contents, frozenset(withheld), tuple(sorted(older)))


def _newest(source: str, manifests: Sequence[Manifest]) -> tuple[dict[str, Copy], dict[str, None]]:
    """The newest copy of each record over all legs, and records of which one was older. Of equals, that of the last
    leg by name."""
    newest: dict[str, Copy] = {}
    older: dict[str, None] = {}
    for manifest in sorted((one for one in manifests if one.source == source), key=lambda one: one.leg):
        pulled = manifest.data_stamp or manifest.started_at
        withheld = frozenset(manifest.withheld)
        older |= dict.fromkeys(manifest.older)
        stamps = manifest.stamps
        for record_id, sha256 in manifest.records:
            if record_id is None:
                continue
            copy = Copy(sha256, _believed(stamps.get(record_id, ""), pulled), pulled, record_id in withheld)
            before = newest.get(record_id)
            if before is None or before[:2] == copy[:2]:
                newest[record_id] = copy
            elif _stamp(copy.stamp).is_older_than(_stamp(before.stamp)):
                older[record_id] = None
            else:
                if _stamp(before.stamp).is_older_than(_stamp(copy.stamp)) and before.sha256 != copy.sha256:
                    older[record_id] = None
                newest[record_id] = copy
    return newest, older


def _stands(standing: Standing | None, copy: Copy, source: str) -> Standing:
    """What stands after a copy came: itself, or what stood, with the copy waiting."""
    taken = Standing(copy.sha256, copy.stamp, copy.is_stub)
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
    except ValueError:
        return "9999"
