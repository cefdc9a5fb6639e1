"""A process under strace: which calls it makes on which files, and killed or failed at one of them.

strace counts calls by process and file, so a call is (name, file, number). The process waits until it is traced.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REFUSED = 77  # exit code of tries where nothing can be traced
WRITES = ("write", "pwrite64")
# What changes more than one file's content; each of them is one of the moments that a kill must not matter at.
TURNS = (
    "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "ftruncate", "link",
    "linkat", "mkdir", "sendfile", "copy_file_range",
)  # fmt: skip
CALLS = (*TURNS, *WRITES)
LINE = re.compile(r"^(\d+) +(\w+)\((.*)")
FILE = re.compile(r'<([^>]+)>|"([^"]*)"')
ANY_TRACER = (0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER: also where only ancestors may trace


@dataclass(frozen=True)
class Call:
    """The `number`th call of that name on that file, which stands below the folder that was looked at.

    Where a file is named after its process, the name has {pid} for it.
    """

    name: str
    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.name} {self.file} #{self.number}"


class TracingRefused(Exception):
    """strace is missing, or this system does not let it trace."""


def traceable() -> None:
    """In the process that is to be traced: any other process may do it."""
    ctypes.CDLL(None).prctl(*ANY_TRACER, 0, 0, 0)


def check() -> None:
    """Raises TracingRefused where a process cannot be traced."""
    waiting, go = os.pipe()
    child = os.fork()
    if not child:
        os.close(go)
        traceable()
        os.read(waiting, 1)
        os._exit(0)
    os.close(waiting)
    try:
        tracer = _attached(child, ["-o", os.devnull])
    finally:
        os.close(go)
        os.waitpid(child, 0)
    ended(tracer)


def ended(tracer: subprocess.Popen[bytes]) -> None:
    """Wait for a tracer, which ends with what it traced."""
    tracer.wait()
    assert tracer.stderr is not None
    tracer.stderr.close()


def counting(pid: int, log: Path) -> subprocess.Popen[bytes]:
    """Begin to write down the calls of a process into `log`; `calls_of` reads them."""
    return _attached(pid, ["-y", "-o", str(log), "-e", f"trace={','.join(f'?{name}' for name in CALLS)}"])


def ending(pid: int, call: Call, folder: Path, what: str) -> subprocess.Popen[bytes]:
    """End (`what` is signal=KILL) or fail (error=EIO) a process at a call on a file below `folder`."""
    when = f"{call.number}+" if what == "error=ENOSPC" else str(call.number)  # a disk that is full stays so
    return _attached(pid, [
        "-P", str(folder / call.file.replace("{pid}", str(pid))), "-o", os.devnull, "-e", f"trace={call.name}",
        "-e", f"inject={call.name}:{what}:when={when}",
    ])  # fmt: skip


def _attached(pid: int, options: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        tracer = subprocess.Popen(["strace", "-f", *options, "-p", str(pid)], stderr=subprocess.PIPE)
    except FileNotFoundError as error:
        raise TracingRefused("strace is not installed") from error
    assert tracer.stderr is not None
    for line in tracer.stderr:
        if line.endswith(b"attached\n"):
            return tracer
        said = line.decode(errors="replace").strip()
    tracer.wait()
    raise TracingRefused(f"strace cannot trace here: {said}")


def calls_of(log: Path, folder: Path) -> list[Call]:
    """Every call on a file below `folder`, in the order in which its number was first reached."""
    met: Counter[tuple[str, str, str]] = Counter()
    found: dict[Call, None] = {}
    lines = log.read_text(errors="replace").splitlines()
    pid = re.compile(rf"(?<!\d){lines[0].split()[0]}(?!\d)")  # the first to call is the process, then its threads
    for line in lines:
        told = LINE.match(line)
        path = _path(told[2], told[3]) if told else None
        if told and path and path.startswith(f"{folder}/"):
            key = (told[1], told[2], path)
            met[key] += 1
            found[Call(told[2], pid.sub("{pid}", path.removeprefix(f"{folder}/")), met[key])] = None
    return list(found)


def _path(name: str, arguments: str) -> str | None:
    """The file a call is about: what it takes away or makes, for two files the first."""
    parts = [one or two for one, two in FILE.findall(arguments.partition(" = ")[0])]
    if not parts:
        return None
    if name.endswith("at") and len(parts) > 1 and not parts[1].startswith("/"):
        return str(Path(parts[0]) / parts[1])
    return parts[1] if name.endswith("at") and len(parts) > 1 else parts[0]
