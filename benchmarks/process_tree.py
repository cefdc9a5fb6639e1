"""A command run while its memory is watched: that of it and all its descendants, shared memory counted once."""

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

EVERY = 0.2  # seconds between two looks; a look walks through the pages of every process
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Watched:
    """What a command printed, and the most memory that it and its descendants held at one moment."""

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
    """Bytes that a process and its descendants hold now, a page that n share as an n-th each; 0 without /proc."""
    found = 0
    for pid in (root, *_descendants(root)):
        with suppress(OSError, StopIteration):  # it has ended
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            found += 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
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
