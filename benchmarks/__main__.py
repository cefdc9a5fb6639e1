"""All figures in one file: `python -m benchmarks build/figures.json [--only night queries]`.

Each benchmark runs in a process of its own, one after the other. `python -m benchmarks.compare BEFORE AFTER` holds two
such files against each other. `scale` and `stages` print only, and are not among them.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ALL = ("night", "pubmed", "profile", "expectations", "history", "queries", "report", "site")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("json", type=Path, help="the file to write")
    parser.add_argument("--only", nargs="+", choices=ALL, default=ALL)
    asked = parser.parse_args()
    figures: dict[str, object] = {}
    failed = []
    for name in asked.only:
        print(f"== {name}", flush=True)
        try:
            figures[name] = figures_of(name)
        except (OSError, ValueError) as error:
            failed.append(name)
            print(f"no figures of {name}: {error}", file=sys.stderr)
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    machine = {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "python": platform.python_version()}
    asked.json.write_text(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n")
    return 1 if failed else 0


def figures_of(name: str) -> object:
    """What a benchmark measured. Ends with 1 where a figure is not good enough; the figures count all the same.

    Raises OSError, ValueError where it wrote none.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.json"
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--json", str(path)], check=False)
        return json.loads(path.read_text())


if __name__ == "__main__":
    sys.exit(main())
