"""A question of a user in a process of its own: it ends when its time is over, and takes no more memory than it may.

It ends with the process that asks, too: it watches its standard input, which that one holds open.

DuckDB can be told how much it may take and can be interrupted, but not everywhere: one call that makes a text of four
gigabytes heeds neither. A process can always be ended, and what it took goes with it. It is given nothing of this
process's environment, so no secret either.

    answer  ── statement ──>  python -m warehouse.querying.confined  ── Arrow, or a sentence ──>  answer
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import duckdb
import pyarrow as pa

from warehouse.errors import NotPublished, WarehouseError
from warehouse.querying.reading import open_published
from warehouse.querying.statements import StatementError, answering, not_answered

START = 30  # seconds that a process may take to begin, on a busy machine
OF_ITS_OWN = 512  # MB that Python, Arrow and DuckDB take before the first row
ANSWER = b"A"
REFUSALS = {b"S": StatementError, b"N": NotPublished, b"W": WarehouseError}  # what stands before their sentence
STDIN = 0
OVER = 75  # how the process ends itself when its time is over
KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Limits:
    """What one question may take: seconds, and megabytes, of which its answer is a part."""

    seconds: float = 60
    megabytes: int = 1024

    @property
    def too_long(self) -> str:
        took = f"The SQL took longer than {self.seconds:g} seconds and was stopped."
        return f"{took} Ask for less, or allow more with --seconds."

    @property
    def too_large(self) -> str:
        needs = f"The SQL needs more than {self.megabytes} MB of memory."
        return f"{needs} Ask for fewer rows or columns, or allow more with --memory."


def answer(path: Path, statement: str, limits: Limits) -> pa.Table:
    """The answer to one reading statement on the published file. Raises StatementError, WarehouseError."""
    command = [
        sys.executable,
        "-m",
        "warehouse.querying.confined",
        str(path),
        str(limits.seconds),
        str(limits.megabytes),
    ]
    environment = {name: value for name, value in os.environ.items() if name in KEPT}
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment) as process, _ending(process, limits):
        assert process.stdin is not None and process.stdout is not None
        with suppress(BrokenPipeError):
            given = statement.encode()
            process.stdin.write(b"%d\n" % len(given) + given)
            process.stdin.flush()
        kind = process.stdout.read(1)
        if kind in REFUSALS:
            raise REFUSALS[kind](process.stdout.read().decode())
        if kind == ANSWER:
            with suppress(pa.ArrowInvalid, OSError):  # cut off: how the process ended says why
                table = pa.ipc.open_stream(process.stdout).read_all()
                if process.wait() == 0:
                    return table
        process.wait()
    raise StatementError(limits.too_long if process.returncode in (OVER, -9) else limits.too_large)


@contextmanager
def _ending(process: Popen[bytes], limits: Limits) -> Iterator[None]:
    """The process ends with the block, and at the latest some time after it should have ended itself."""
    watch = threading.Timer(START + limits.seconds, process.kill)
    watch.start()
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        watch.cancel()


def main(path: str, seconds: str, megabytes: str) -> None:
    """Answer the statement on standard input: an Arrow stream, or which error and its sentence."""
    limits = Limits(float(seconds), int(megabytes))
    _take_no_more_than(limits.megabytes + OF_ITS_OWN)
    # Whatever it is doing, and whether or not anybody waits for it any more.
    watch = threading.Timer(limits.seconds, os._exit, [OVER])
    watch.daemon = True
    given = sys.stdin.buffer
    statement = given.read(int(given.readline())).decode()
    threading.Thread(target=_end_with_asker, daemon=True).start()
    try:
        connection = open_published(Path(path), megabytes=limits.megabytes)
        watch.start()
        _write(answering(connection, statement), limits)
    except (StatementError, WarehouseError) as error:
        _refuse(error)
    except (MemoryError, pa.ArrowMemoryError):
        _refuse(StatementError(limits.too_large))


def _refuse(error: StatementError | WarehouseError) -> None:
    kind = next(kind for kind, one in REFUSALS.items() if isinstance(error, one))
    sys.stdout.buffer.write(kind + str(error).encode())


def _end_with_asker() -> None:
    """Standard input ends with the process that asks. Read without Python's lock on it, which an exit waits for."""
    while os.read(STDIN, 1024):
        pass
    os._exit(OVER)


def _write(batches: pa.RecordBatchReader, limits: Limits) -> None:
    """The answer as it comes; what DuckDB says before the first row is still a sentence."""
    try:
        rows = list(_within(batches, limits))
    except (duckdb.OutOfMemoryException, OSError) as error:
        raise StatementError(limits.too_large) from error
    except duckdb.Error as error:
        raise not_answered(error) from error
    sys.stdout.buffer.write(ANSWER)
    with pa.ipc.new_stream(sys.stdout.buffer, batches.schema) as stream:
        for batch in rows:
            stream.write_batch(batch)


def _within(batches: pa.RecordBatchReader, limits: Limits) -> Iterator[pa.RecordBatch]:
    size = 0
    for batch in batches:
        size += batch.nbytes
        if size > limits.megabytes * 2**20:
            raise StatementError(limits.too_large)
        yield batch


def _take_no_more_than(megabytes: int) -> None:
    """Further memory is refused by the system, where it can be told to."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
