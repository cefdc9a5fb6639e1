"""A command run while its memory is watched: the resident memory of it and all its descendants, summed."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.05  # seconds between two looks
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Watched:
    """What a command printed, and the most memory that it and its descendants held at one moment.

    Memory that two processes share counts twice, so the figure is never too low.
    """

    output: str
    peak_mib: float


def watched(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Watched:
    """Run a command to its end. Raises SystemExit with what it said when it fails."""
    peak = 0.0
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=cwd, env=dict(env), stdout=output)
        while process.poll() is None:
            peak = max(peak, resident(process.pid) / 2**20)
            time.sleep(EVERY)
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {said[-2000:]}")
    return Watched(said, peak)


def resident(root: int) -> int:
    """Bytes resident in a process and its descendants now; 0 where there is no /proc."""
    found = 0
    for pid in (root, *_descendants(root)):
        try:
            found += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
        except OSError:
            continue
    return found


def cpu_seconds_of_descendants() -> float:
    """User and system seconds of all that this process started, ended or not."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = 0
    for pid in _descendants(os.getpid()):
        with suppress(OSError, IndexError):
            ticks += sum(map(int, _fields(pid)[11:15]))  # its own, and those of its children that have ended
    return ended.ru_utime + ended.ru_stime + ticks / TICKS


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            children[int(_fields(int(path.name))[1])].append(int(path.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        own = children[waiting.pop()]
        found += own
        waiting += own
    return found


def _fields(pid: int) -> list[str]:
    """The fields of a process's stat after its name, which stands in brackets and may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
