"""What a run meets outside its data folder: the clock, the way to the sources, the channels.

They are values that a run is given, so that it can be made in another world: a simulation has a clock, a registry
and mailboxes of its own, over the same code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from requests.adapters import BaseAdapter


def now() -> datetime:
    """The moment, UTC without zone."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Outside:
    """`clock` gives the moment, UTC without zone. `adapter` makes what requests to the sources leave by; None: by
    requests' own. `sleep` waits so many seconds. `senders` hand a message over, by kind of channel; a kind that is
    not named is sent as `flows.alerts.channels.send` does.
    """

    clock: Callable[[], datetime] = now
    adapter: Callable[[], BaseAdapter] | None = None
    sleep: Callable[[float], None] = time.sleep
    senders: Mapping[str, Callable[[Any, Any, str | None], None]] = field(default_factory=dict)


REAL = Outside()
