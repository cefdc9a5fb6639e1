"""What commands print: JSON for programs, lines for people."""

from __future__ import annotations

import json
import sys
from typing import Any

from flows.process import terminal


def print_json(value: Any) -> None:
    """JSON that says the same on any terminal: what one cannot show is escaped."""
    knows_all = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    print(json.dumps(value, ensure_ascii=not knows_all, indent=2, default=str))


def say(text: str) -> None:
    """A line for people, as wide as the terminal; its indent stays, what goes on is set in by two more."""
    print(terminal.fitted(text))
