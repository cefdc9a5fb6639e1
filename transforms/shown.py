"""Texts from outside as people are shown them: cut where nobody would read on, and without effect.

The one place that cuts. What programs read (JSON, CSV, Parquet, exports) keeps texts whole.
"""

from __future__ import annotations

from typing import Any

NAME_LIMIT = 90  # characters
# C0, DEL and C1; marks that turn the direction of a line around; separators of lines that are no line ends.
ACTED_ON = (
    *range(0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)  # fmt: skip
_BLANKS = {code: " " for code in ACTED_ON if chr(code) not in "\n\t"}


def shortened(text: str, limit: int = NAME_LIMIT) -> str:
    """At most `limit` characters, with an ellipsis where something is left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut(text: str, limit: int) -> str:
    """The first `limit` characters, and how many there are in all where that is not all."""
    return text if len(text) <= limit else f"{text[:limit]}… [{len(text):,} characters in all]"


def without_effect(text: str) -> str:
    """A blank for each character that a terminal or a page would act on; places in the text stay as they are."""
    return text.translate(_BLANKS)


def shown(value: Any, limit: int) -> Any:
    """A value of lists, dicts and texts with each text cut and without effect; all else as it is."""
    if type(value) is str:  # one that is markup is our own
        return without_effect(cut(value, limit))
    if isinstance(value, dict):
        return {shown(name, limit): shown(one, limit) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [shown(one, limit) for one in value]
    return value
