"""How long the site takes, and how large it is: `python -m benchmarks.site [TRIALS]`, of a made-up warehouse."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.report import timed
from flows.site.build import build_site
from tests.warehouse import made_up


def main(listed: int, json_path: Path | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Of the made-up registrations about six in seven are in scope, some of which are gone from the registry.
        file = made_up.build(Path(folder) / "cartrials.duckdb", made_up.rows(int(listed / 0.85)))
        built, seconds = timed("whole site, first", lambda: build_site(file, Path(folder) / "site"))
        _, again = timed("whole site, again", lambda: build_site(file, Path(folder) / "site"))
        size = sum(path.stat().st_size for path in built.folder.rglob("*") if path.is_file()) / 1e6
    print(f"{built.n_trials} trials, {built.n_files} files, {size:.1f} MB")
    if json_path:
        figures = {"first, seconds": seconds, "again, seconds": again, "megabytes": size}
        json_path.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("listed", type=int, nargs="?", default=1000, help="trials that the site has pages of")
    options.add_argument("--json", type=Path, metavar="PATH", help="write the measures there too")
    given = options.parse_args()
    main(given.listed, given.json)
