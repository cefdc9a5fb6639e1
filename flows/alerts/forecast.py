"""What publishing a run would tell whom, said before anything is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flows.alerts.ledger import published
from flows.alerts.ledger.record_news import Brought, brought
from flows.alerts.ledger.removals import REMOVALS
from flows.alerts.messages.wording import EVENT_WORDS
from flows.alerts.subscribers.subscribers import Subscriber
from flows.config.watchlist import Watchlist
from flows.storage.journal import Journal
from flows.storage.seal import Seal
from transforms.profile import rule_version
from warehouse.work import Connection


def forecast(
    journal: Journal, connection: Connection, subscribers: Sequence[Subscriber], watchlist: Watchlist, seal: Seal, *,
    tell_removals: bool,
) -> list[str]:  # fmt: skip
    """Sentences, one for each channel, of what the run that `connection` holds would tell once it is published."""
    runs = published.event_runs(connection)
    release = published.Release(seal.run_id, seal.clock, rule_version(), seal.is_demo, has_one_run=len(runs) <= 1)
    _, found = brought(
        journal, connection, subscribers, watchlist, release, seal.clock, tell_removals=tell_removals
    )  # fmt: skip
    said = [_of(one) for one in found]
    kept = [one for one in found if one.withheld]
    if kept:
        gone = {event.nct_id for one in kept for event in one.news.tell
                if event.event_id in one.withheld and event.event_type in REMOVALS}  # fmt: skip
        said.append(
            f"{len(gone)} trials are removed at once: that is withheld from subscribers, who would hear of each. "
            "--tell-removals tells them all the same."
        )
    return said or ["There is no subscriber to tell."]


def _of(brought: Brought) -> str:
    told = [event for event in brought.news.tell if event.event_id not in brought.withheld]
    kinds = Counter(EVENT_WORDS.get(event.event_type, event.event_type.replace("_", " ")) for event in told)
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "nothing"
    kept = f"; {len(brought.withheld)} withheld" if brought.withheld else ""
    return f"To {brought.subscriber.name} ({', '.join(brought.subscriber.channel_names)}): {counts}{kept}"
