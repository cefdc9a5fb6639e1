"""One question takes so much time and memory and no more, whatever it asks for; the next is answered."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from warehouse.errors import NotPublished, WarehouseError
from warehouse.querying.confined import START, Limits, answer
from warehouse.querying.statements import StatementError

TOO_LONG = "longer than 3 seconds"
TOO_LARGE = "needs more than 200 MB|failed to allocate|Allocation failure|bad allocation|could not allocate"
EITHER = f"{TOO_LARGE}|{TOO_LONG}"
GREEDY = {
    "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t": TOO_LONG,
    "SELECT count(*) FROM range(1000000000000)": TOO_LONG,
    "SELECT count(*) FROM trials a, trials b, trials c, trials d, trials e": TOO_LONG,
    "EXPLAIN ANALYZE SELECT count(*) FROM range(1000000000000)": TOO_LONG,
    "SELECT * FROM range(1000000000000)": EITHER,
    "SELECT length(repeat('x', 3000000000))": EITHER,
    "SELECT lpad('x', 2000000000, 'y')": EITHER,
    "SELECT format('{:2000000000}', 'x')": EITHER,
    "SELECT range(1000000000)": TOO_LARGE,
    "SELECT list_transform(range(100000000), lambda x: repeat('y', 1000))": TOO_LARGE,
    "SELECT [repeat('x', 100000000) FOR x IN range(100)]": EITHER,
    "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n FROM t, range(3)) SELECT * FROM t": EITHER,
}


@pytest.mark.parametrize("statement", GREEDY)
def test_what_takes_too_much_is_stopped_with_a_sentence(small_file: Path, statement: str) -> None:
    before = sorted(path.name for path in small_file.parent.iterdir())
    began = time.monotonic()
    with pytest.raises(StatementError, match=GREEDY[statement]) as stopped:
        answer(small_file, statement, Limits(3, 200))
    assert time.monotonic() - began < START, "the process ended itself, nobody had to"
    assert "\n" not in str(stopped.value)
    assert sorted(path.name for path in small_file.parent.iterdir()) == before, "it wrote beside the warehouse"


def test_an_answer_within_its_limits_is_whole(small_file: Path) -> None:
    assert answer(small_file, "SELECT range AS n FROM range(300000)", Limits()).num_rows == 300_000
    assert answer(small_file, "SELECT 1 AS n WHERE false", Limits()).schema.names == ["n"]
    assert answer(small_file, "SELECT 'žluť' AS t", Limits()).to_pylist() == [{"t": "žluť"}]


def test_what_is_wrong_is_said_as_it_is_by_this_process(small_file: Path, tmp_path: Path) -> None:
    with pytest.raises(StatementError, match="this is DELETE"):
        answer(small_file, "DELETE FROM trials", Limits())
    with pytest.raises(StatementError, match="no_such"):
        answer(small_file, "SELECT no_such FROM trials", Limits())
    with pytest.raises(NotPublished, match="Run `cartrials nightly` first"):
        answer(tmp_path / "nowhere.duckdb", "SELECT 1", Limits())
    (tmp_path / "broken.duckdb").write_bytes(os.urandom(9000))
    with pytest.raises(WarehouseError, match="cannot be read as a published warehouse"):
        answer(tmp_path / "broken.duckdb", "SELECT 1", Limits())


ASKING = """
import sys
from pathlib import Path
from warehouse.querying.confined import Limits, answer
answer(Path(sys.argv[1]), "SELECT count(*) FROM trials a, trials b, trials c, trials d, trials e", Limits(600))
"""


def test_the_process_ends_with_the_one_that_asks(small_file: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ASKING, str(small_file)]) as asking:
        while not (answering := [one for one in children_of(asking.pid) if is_confined(one)]):
            assert asking.poll() is None
            time.sleep(0.05)
        asking.kill()
    until = time.monotonic() + START
    while any(map(is_confined, answering)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(is_confined, answering))


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def is_confined(pid: str) -> bool:
    try:
        return b"warehouse.querying.confined" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
