"""Whether a page can be used without a mouse, without sight and by a reader of screens.

What axe-core looks for first, in a real browser: landmarks, headings in order, names of what can be operated,
heads of tables, contrast of text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.flows.report.conftest import Reader

LOOK = Path(__file__).with_name("access.js")
LEAST_CONTRAST, LEAST_OF_LARGE = 4.5, 3.0


def look(reader: Reader) -> dict[str, Any]:
    found = reader.run(LOOK.read_text("utf-8"), LEAST_CONTRAST, LEAST_OF_LARGE)
    assert isinstance(found, dict)
    return found


def check(found: dict[str, Any], page: Path) -> None:
    assert found["language"] and found["title"] and (found["mains"], found["h1"]) == (1, 1), page
    steps = [later - earlier for earlier, later in zip(found["levels"], found["levels"][1:], strict=False)]
    assert max(steps, default=0) <= 1, (page, found["levels"])
    for fault in ("nameless", "repeated", "images", "faint"):
        assert found[fault] == [], (page, fault)
    assert found["headless"] == 0, page
