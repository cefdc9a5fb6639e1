"""Flip one byte of a file of a home, use the home as people do, do what is said, and write down what was seen.

    python -m tests.flows.flipping RECORDINGS FOLDER FLIPS SEED

A process of its own, as in `tests.flows.kills`: everything is imported once and each flip is looked at in forked
children, two at a time. Prints a JSON line for the undisturbed home and one a flip.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path

from flows.cli import sentence
from flows.cli.commands import alerts, status
from flows.config.settings import Settings, load
from flows.runs import nightly
from flows.runs.rebuild import rebuild
from flows.runs.run import Options
from flows.storage import soundness
from tests.flows.forking import LANES, in_child, wait_for, warm
from warehouse.querying.reading import published
from warehouse.release.fingerprint import content_fingerprints

UNCHECKED = ("run.lock", "alerts.lock")  # hold nothing that anybody reads
NIGHTS = 2  # of the recordings are in the home; one more comes after the flip


def main(recordings: Path, folder: Path, flips: int, seed: int) -> None:
    *before, _ = sorted(recordings.iterdir())
    warm(before[0])
    for night in before:
        shutil.copytree(night, folder / "before" / night.name)
    template = folder / "template"
    wait_for(in_child(lambda: make(template, folder / "before")))
    wait_for(in_child(lambda: undisturbed(template, recordings, folder)))
    draw = random.Random(seed)
    files = sorted(path.relative_to(template) for path in template.rglob("*") if path.is_file() and path.stat().st_size)
    files = [path for path in files if path.name not in UNCHECKED]
    # Every file comes as often as any other, however large it is.
    draw.shuffle(files)
    drawn = [(files[number % len(files)], draw.random(), draw.randrange(8)) for number in range(flips)]
    lanes = [in_child(lambda lane=lane: flip_all(drawn[lane::LANES], recordings, folder, lane))
             for lane in range(LANES)]  # fmt: skip
    for lane in lanes:
        wait_for(lane)


def make(home: Path, recordings: Path) -> None:
    nightly.run(load(home=home), Options(recorded=recordings))


def undisturbed(template: Path, recordings: Path, folder: Path) -> None:
    """What is seen of the home as it is, and after its next night."""
    home = folder / "undisturbed"
    shutil.copytree(template, home)
    settings = load(home=home)
    told = {"answers": answers(settings), "damages": list(soundness.damages(settings, soundness.ALL))}
    nightly.run(settings, Options(recorded=recordings))
    told |= {"after": fingerprints(settings), "events": events(settings)}
    (folder / "undisturbed.json").write_text(json.dumps(told))
    print(json.dumps(told), flush=True)


def flip_all(drawn: list[tuple[Path, float, int]], recordings: Path, folder: Path, lane: int) -> None:
    for number, (path, where, bit) in enumerate(drawn):
        home = folder / f"lane-{lane}-{number}"
        shutil.copytree(folder / "template", home)
        at = int((home / path).stat().st_size * where)
        flip(home / path, at, bit)
        result = folder / f"lane-{lane}.json"
        wait_for(in_child(lambda home=home, path=path, result=result: seen(home, path, recordings, folder, result)))
        print(json.dumps({"file": str(path), "at": at, "bit": bit, **json.loads(result.read_text())}), flush=True)
        shutil.rmtree(home)


def flip(path: Path, at: int, bit: int) -> None:
    """Turn one bit, and leave size and times as they are, as a disk does."""
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def seen(home: Path, path: Path, recordings: Path, folder: Path, result: Path) -> None:
    """Ask, look, make the next night; where something is said, do it, and make the night again."""
    settings = load(home=home)
    told: dict[str, object] = {"answers": answers(settings)}
    told["damages"] = list(soundness.damages(settings, soundness.ALL))
    told |= night(settings, recordings)
    readable = attempt(lambda: fingerprints(settings))
    told["readable"], told["after"] = "error" not in readable, readable.get("value")
    told["rebuilt"] = attempt(lambda: rebuild(settings).after)
    if "error" in told or "error" in told["rebuilt"] or told["problems"]:  # type: ignore[operator]
        mend(home, path, folder / "template")
        told["mended"] = night(settings, recordings)
        attempt(lambda: rebuild(settings))
    told["at_last"] = attempt(lambda: fingerprints(settings)).get("value")
    told["events"] = attempt(lambda: events(settings)).get("value")
    result.write_text(json.dumps(told))


def mend(home: Path, path: Path, template: Path) -> None:
    """Copy the file back from the backup, as is said of whatever cannot be made again."""
    shutil.copy2(template / path, home / path)


def night(settings: Settings, recordings: Path) -> dict[str, object]:
    try:
        reports = nightly.run(settings, Options(recorded=recordings))
    except Exception as error:  # noqa: BLE001  (what a user would read of it is what is looked at)
        return {"error": sentence(error), "problems": list(getattr(error, "__notes__", ()))}
    return {"problems": [problem for report in reports for problem in report.problems]}


def answers(settings: Settings) -> dict[str, Mapping[str, object]]:
    """What readers are given, or told instead."""
    asked: dict[str, Callable[[], object]] = {
        "status": lambda: without_age(said(lambda: status.show_status(settings, as_json=True))),
        "query": lambda: by_status(settings),
        "history": lambda: said(lambda: alerts.show_history(settings, format="json")),
        "tables": lambda: fingerprints(settings),
    }
    return {name: attempt(ask) for name, ask in asked.items()}


def attempt(ask: Callable[[], object]) -> dict[str, object]:
    try:
        return {"value": ask()}
    except Exception as error:  # noqa: BLE001
        return {"error": sentence(error)}


def said(command: Callable[[], object]) -> str:
    with redirect_stdout(io.StringIO()) as out:
        command()
    return out.getvalue()


def without_age(told: str) -> object:
    return {name: value for name, value in json.loads(told).items() if name != "age_hours"}


def fingerprints(settings: Settings) -> dict[str, str]:
    with published(settings.warehouse_path) as warehouse:
        return dict(content_fingerprints(warehouse))


def by_status(settings: Settings) -> list[str]:
    with published(settings.warehouse_path) as warehouse:
        return [str(row) for row in warehouse.execute("SELECT * FROM trend_by_status ORDER BY ALL").fetchall()]


def events(settings: Settings) -> list[str]:
    with published(settings.warehouse_path) as warehouse:
        return [event for (event,) in warehouse.execute("SELECT event_id FROM trial_events ORDER BY 1").fetchall()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
