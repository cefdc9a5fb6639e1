"""No sentence of the demo stands in a real record."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.write_recordings import recordings

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "registry"
LONGEST = 60  # characters that a demo text may not have in common with a real one
STEP = LONGEST // 2  # any common stretch of LONGEST holds one aligned block of this many


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= LONGEST:
            yield value.lower()
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def texts_of_file(name: str, content: str) -> Iterator[str]:
    if "jsonl" in name:
        for line in content.splitlines():
            yield from texts(json.loads(line))
    else:
        yield from texts(re.split(r'<[^>]*>|"', content))


def real_texts() -> Iterator[str]:
    for path in sorted(SHARED.rglob("*.gz")):
        yield from texts_of_file(path.name, gzip.decompress(path.read_bytes()).decode(errors="replace"))
    for path in sorted(SHARED.rglob("*.xml")):
        yield from texts_of_file(path.name, path.read_text(encoding="utf-8", errors="replace"))


def common(made_up: str, real: str, at: int) -> str:
    """The longest stretch of `real` around the block at `at`, which both have, that `made_up` has too."""
    block = real[at : at + STEP]
    longest = ""
    place = made_up.find(block)
    while place >= 0:
        low, high = 0, STEP
        while at + low > 0 and place + low > 0 and real[at + low - 1] == made_up[place + low - 1]:
            low -= 1
        while at + high < len(real) and place + high < len(made_up) and real[at + high] == made_up[place + high]:
            high += 1
        longest = max(longest, real[at + low : at + high], key=len)
        place = made_up.find(block, place + 1)
    return longest


def test_no_text_is_taken_from_a_real_record() -> None:
    if not SHARED.is_dir():
        pytest.skip("needs ../shared/registry, the real records to compare with")
    own: dict[str, set[str]] = {}
    for name, content in recordings().items():
        for text in texts_of_file(name, content.decode()):
            for place in range(len(text) - STEP + 1):
                own.setdefault(text[place : place + STEP], set()).add(text)
    taken = {
        stretch
        for real in real_texts()
        for at in range(0, len(real) - STEP + 1, STEP)
        for made_up in own.get(real[at : at + STEP], ())
        if len(stretch := common(made_up, real, at)) >= LONGEST
    }
    assert taken == set()
