"""`cartrials rebuild`: the content tables again from the archive, and whether they say the same."""

from __future__ import annotations

import sys

from flows.rebuilding import rebuild
from flows.settings import Settings


def run_rebuild(settings: Settings, *, only_profiles: bool) -> int:
    """Rebuild, print fingerprints by table, and name the tables that say something else than before."""
    if only_profiles:
        from flows.reprofiling import reprofile

        return reprofile(settings)
    result = rebuild(settings, lambda line: print(line, file=sys.stderr))
    for name, value in result.after.items():
        mark = "changed" if name in result.differing else ("same" if name in result.before else "new")
        print(f"{value}  {name}  {mark}")
    told = (
        f"{len(result.differing)} tables say something else"
        if result.differing
        else "every table says the same as before"
    )
    print(f"Rebuilt from {result.runs} runs: {told if result.before else 'there was no release to compare with'}.")
    return 0
