"""Two files of `python -m benchmarks` as ratios: `python -m benchmarks.compare BEFORE AFTER [--least 1.1]`.

One figure a line, those that moved most first: after divided by before. Whether more is better, the name says.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--least", type=float, default=1.1, help="ratios nearer to 1 are not shown")
    asked = parser.parse_args()
    before, after = (dict(figures(json.loads(path.read_text())["figures"])) for path in (asked.before, asked.after))
    for name, ratio in ratios(before, after, asked.least):
        print(f"{ratio:7.2f}  {name}: {before[name]:,.4g} -> {after[name]:,.4g}")
    for name in sorted(before.keys() ^ after.keys()):
        print(f"   only {'before' if name in before else 'after'}: {name}")
    return 0


def figures(given: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a document by its path; the entries of a list by their `name`, where they have one."""
    if isinstance(given, bool):
        return
    if isinstance(given, int | float):
        yield name, float(given)
    parts = given.items() if isinstance(given, Mapping) else ()
    if isinstance(given, list):
        parts = [(one.get("name", at) if isinstance(one, Mapping) else at, one) for at, one in enumerate(given)]
    for part, value in parts:
        yield from figures(value, f"{name} / {part}" if name else str(part))


def ratios(before: Mapping[str, float], after: Mapping[str, float], least: float) -> list[tuple[str, float]]:
    """Figures of both that moved by `least` times or more, up or down, the furthest first; a zero has no ratio."""
    both = [(name, after[name] / before[name]) for name in before if after.get(name) and before[name]]
    far = [(name, ratio) for name, ratio in both if max(ratio, 1 / ratio) >= least]
    return sorted(far, key=lambda one: -max(one[1], 1 / one[1]))


if __name__ == "__main__":
    sys.exit(main())
