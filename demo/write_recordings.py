"""Write the made-up recordings: `python -m demo.write_recordings [DIR]`.

The same bytes come out each time: seeded draws, no clock, no times in the gzip headers.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

from demo.edits import NIGHTS
from demo.listing import readme, truth
from demo.nights import nights
from demo.paper import article_set
from demo.papers import papers

DEMO = Path(__file__).resolve().parent
RECORDINGS = DEMO / "recordings"


def zipped(content: bytes) -> bytes:
    """gzip without name and time, so that the bytes depend on the content (and on zlib) alone."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as stream:
        stream.write(content)
    return packed.getvalue()


def recordings() -> dict[str, bytes]:
    """Path below the recordings' folder -> content before it is packed."""
    files = {}
    for night, (day, studies) in enumerate(zip(NIGHTS, nights(), strict=True), 1):
        lines = (json.dumps(study, ensure_ascii=False, separators=(",", ":")) for study in studies.values())
        files[f"{day}/ctgov.jsonl.gz"] = ("\n".join(lines) + "\n").encode()
        files[f"{day}/pubmed.xml.gz"] = article_set(papers(night)).encode()
    return files


def write(folder: Path) -> None:
    for name, content in recordings().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zipped(content))


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else RECORDINGS
    write(folder)
    if not arguments:
        (DEMO / "README.md").write_text(readme(), encoding="utf-8")
        (DEMO / "truth.csv").write_text(truth(), encoding="utf-8", newline="")
    size = sum(path.stat().st_size for path in folder.rglob("*.gz"))
    print(f"{folder}: {len(NIGHTS)} nights, {size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
