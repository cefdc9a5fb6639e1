"""What commands print for programs."""

from __future__ import annotations

import json
import sys
from typing import Any


def print_json(value: Any) -> None:
    """JSON that says the same on any terminal: what one cannot show is escaped."""
    knows_all = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    print(json.dumps(value, ensure_ascii=not knows_all, indent=2, default=str))
