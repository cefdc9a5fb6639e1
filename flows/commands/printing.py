"""What commands print, on any terminal: one that knows less than UTF-8 is given what it knows."""

from __future__ import annotations

import io
import json
import sys
from typing import Any


def print_what_can_be_shown() -> None:
    """From now on a character that the terminal has no code for is a question mark there, and no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_json(value: Any) -> None:
    """JSON that says the same on any terminal: what one cannot show is escaped."""
    knows_all = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    print(json.dumps(value, ensure_ascii=not knows_all, indent=2, default=str))
