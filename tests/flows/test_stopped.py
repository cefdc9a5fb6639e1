"""Asked to stop, or killed: a sentence and an exit code, no process left behind, and a next night that is well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.alerts.servers import Webhook
from tests.flows.world import World
from tests.servers.loopback import Fault

COMMAND = Path(sys.executable).with_name("cartrials")
WITHIN = 280  # seconds: a bound, not a wait; Prefect's server may take a minute to start where much else runs
pytestmark = pytest.mark.timeout(900)
NO_SERVER = {"PREFECT_API_URL": "http://127.0.0.1:9/api"}


def until(true: Callable[[], object], what: str) -> None:
    last = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < last, f"not within {WITHIN} s: {what}"
        time.sleep(0.05)


def processes() -> dict[int, int]:
    """Every process that has not ended -> its parent."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    parents = processes()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found


@contextmanager
def at_work(words: list[str], folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process of ours, in a group of its own as a shell starts it; whatever is left of it is ended."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CARTRIALS_"))}
    process = subprocess.Popen(
        words, env={**plain, **environment}, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    left = {process.pid}
    try:
        yield process
    finally:
        left |= descendants(process.pid)
        for pid in left & set(processes()):
            os.kill(pid, signal.SIGKILL)
        process.communicate()


@contextmanager
def asking(world: World, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A night that waits for the registry's answer."""
    world.registry.faults = [Fault("hang", on="/studies", times=99)]
    given = {**world.environment(), "CARTRIALS_ANSWER_TIMEOUT": "60", "CARTRIALS_PREFECT_PATIENCE": "240", **more}
    with at_work([str(COMMAND), "nightly"], world.home.parent, given) as night:
        until(lambda: night.poll() is not None or any("/studies" in path for path in world.registry.paths()), "asking")
        assert night.poll() is None, night.communicate()
        yield night
    world.registry.faults = []


def as_timeout_does(night: subprocess.Popen[str]) -> None:
    """timeout(1): its signal to the process, and then to the group that this is in."""
    os.kill(night.pid, signal.SIGTERM)
    os.killpg(night.pid, signal.SIGTERM)


def by(number: signal.Signals) -> Callable[[subprocess.Popen[str]], None]:
    return lambda night: night.send_signal(number)


STOPS = {
    "SIGTERM": by(signal.SIGTERM), "SIGHUP": by(signal.SIGHUP), "SIGINT": by(signal.SIGINT),
    "timeout": as_timeout_does,
}  # fmt: skip


@pytest.mark.parametrize(
    ("stop", "server"),
    [("SIGINT", {}), ("timeout", {}), ("SIGTERM", NO_SERVER), ("SIGHUP", NO_SERVER)],
    ids=["SIGINT under Prefect", "timeout under Prefect", "SIGTERM without it", "SIGHUP without it"],
)
def test_a_night_that_is_stopped_says_so_and_leaves_nothing_behind(
    new_world: World, stop: str, server: dict[str, str]
) -> None:
    with asking(new_world, **server) as night:
        children = descendants(night.pid)
        assert bool(children) is not bool(server), "Prefect's server is a child"
        STOPS[stop](night)
        _, said = night.communicate(timeout=WITHIN)
        assert night.returncode == 1, said
        name = "SIGTERM" if stop == "timeout" else stop
        assert said.splitlines()[-1] == (
            f"Stopped by {name} before anything was published; the next run does what is left."
        )
        assert "Traceback" not in said
        until(lambda: not children & set(processes()), "no child is left")
    last = new_world.last_run()
    assert last["status"] == "killed" and name in last["reason"]
    assert new_world.night().status == "published"


def test_a_signal_past_the_publication_ends_with_5(new_world: World) -> None:
    """It comes while the watchdog is told, which is last."""
    new_world.registry.faults = [Fault("hang", on="/heartbeat", times=99)]
    given = {**new_world.environment(), **NO_SERVER, "CARTRIALS_HEARTBEAT_URL": f"{new_world.registry.url}/heartbeat",
             "CARTRIALS_DELIVERY_DEADLINE": f"{WITHIN}"}  # fmt: skip
    with at_work([str(COMMAND), "nightly"], new_world.home.parent, given) as night:
        until(lambda: night.poll() is not None or any("heartbeat" in one for one in new_world.registry.paths()), "told")
        night.send_signal(signal.SIGTERM)
        _, said = night.communicate(timeout=WITHIN)
    last = new_world.last_run()
    assert (night.returncode, last["status"]) == (5, "published"), said
    assert said.splitlines()[-1] == (
        f"Stopped by SIGTERM after run {last['run_id']} was published; the next run does what is left."
    )
    assert new_world.night().status == "published"


def test_a_night_that_is_killed_takes_its_server_with_it(new_world: World) -> None:
    with asking(new_world) as night:
        children = descendants(night.pid)
        assert children
        night.kill()
        night.wait()
        until(lambda: not children & set(processes()), "no child is left")
    assert new_world.night().status == "published"


POOLS = {
    "shaping": """
        from flows.load.workers import in_processes
        list(in_processes(time.sleep, [(600,)] * 4, 2))
    """,
    "a scan": """
        from pathlib import Path
        from flows.backfill.runners import Runner
        from flows.backfill.running import run
        from flows.backfill.partitions import Partition
        from flows.backfill.scanning import Rules
        parts = [Partition("pubmed", f"part-{n}", f"{url}/part-{n}.xml.gz") for n in range(4)]
        run(parts, str(Path("shelf").absolute()), Rules(), Runner("processes", 2))
    """,
}
PROGRAM = """
import sys, time
from flows.process import stopping

def main(url):
{body}

if __name__ == "__main__":
    stopping.listen()
    try:
        main(sys.argv[1])
    except stopping.Stopped as stopped:
        sys.exit(str(stopped))
"""


@pytest.mark.parametrize("how", ["SIGKILL", "timeout"])
@pytest.mark.parametrize("pool", POOLS)
def test_processes_of_a_pool_end_with_the_one_that_started_them(tmp_path: Path, pool: str, how: str) -> None:
    program = tmp_path / "program.py"
    body = "\n".join(line[4:] for line in POOLS[pool].strip("\n").splitlines())
    program.write_text(PROGRAM.format(body=body))
    root = str(Path(__file__).resolve().parents[2])
    with Webhook(fault="hang") as server:
        url = server.url.replace("json://", "http://")
        with at_work([sys.executable, str(program), url], tmp_path, {"PYTHONPATH": root}) as parent:
            until(lambda: parent.poll() is not None or server.tries >= 2 or workers(parent.pid) >= 2, "two workers")
            children = descendants(parent.pid)
            assert len(children) >= 2
            if how == "SIGKILL":
                parent.kill()
            else:
                as_timeout_does(parent)
            _, said = parent.communicate(timeout=WITHIN)
            until(lambda: not children & set(processes()), "no worker is left")
    assert "Traceback" not in said
    if how == "timeout":
        assert said.splitlines()[-1] == "The process was stopped by SIGTERM."


def workers(pid: int) -> int:
    """Processes of a pool: below the server that they are forked from."""
    direct = {child for child, parent in processes().items() if parent == pid}
    return len(descendants(pid) - direct)


SERVING = """
import asyncio, multiprocessing, sys, time
from flows.cli.commands import serve
from flows.process import stopping

def night():
    try:
        with stopping.heard():
            print("at work", flush=True)
            time.sleep(600)
    except stopping.Stopped:
        print(stopping.sentence(), flush=True)

class Serving(serve._Serving):
    async def _serve(self):
        run = multiprocessing.get_context("spawn").Process(target=night)
        run.start()
        print("begun", flush=True)
        await asyncio.to_thread(run.join)
        await asyncio.sleep(600)

class Server:
    def is_there(self):
        return True

if __name__ == "__main__":
    stopping.begin()
    try:
        serve._until_stopped(Serving(None), Server())
    except stopping.Stopped:
        print("Stopped.")
"""


@pytest.mark.parametrize(("moment", "stop"), [("begun", "SIGINT"), ("begun", "timeout"), ("at work", "SIGINT")])
def test_what_is_served_is_stopped_in_sentences_whatever_the_moment(tmp_path: Path, moment: str, stop: str) -> None:
    """The runner's loop is asyncio's, in which an exception of ours would end in a traceback; a run has begun, and
    has heard nothing yet, or is at work."""
    program = tmp_path / "program.py"
    program.write_text(SERVING)
    root = str(Path(__file__).resolve().parents[2])
    with at_work([sys.executable, str(program)], tmp_path, {"PYTHONPATH": root}) as serving:
        assert serving.stdout is not None
        while serving.stdout.readline() != f"{moment}\n":
            assert serving.poll() is None
        children = descendants(serving.pid)
        if stop == "timeout":
            as_timeout_does(serving)
        else:
            os.killpg(serving.pid, getattr(signal, stop))  # as a terminal does
        said, complaints = serving.communicate(timeout=WITHIN)
        until(lambda: not children & set(processes()), "no child is left")
    *_, run, last = said.splitlines()
    assert run.startswith("Stopped by SIG") and last == "Stopped."
    assert (serving.returncode, complaints) == (0, "")


STUCK = """
import signal, sys, threading
from flows.process import stopping

stopping.ONE_REQUEST = float(sys.argv[1])
stopping.GRACE = float(sys.argv[2])
stopping.listen()
try:
    print("ready", flush=True)
    threading.Event().wait()
finally:
    print("unwinding", flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize("grace", ["600", "0.1"], ids=["asked twice", "not ended in time"])
def test_what_hangs_while_it_is_stopped_is_ended(tmp_path: Path, grace: str) -> None:
    with at_work([sys.executable, "-c", STUCK, "0", grace], Path(__file__).parents[2], {}) as stuck:
        assert stuck.stdout is not None and stuck.stdout.readline() == "ready\n"
        stuck.send_signal(signal.SIGINT)
        assert stuck.stdout.readline() == "unwinding\n"
        if grace == "600":
            stuck.send_signal(signal.SIGINT)
        _, said = stuck.communicate(timeout=WITHIN)
    assert (stuck.returncode, said) == (1, "Stopped by SIGINT.\n"), "nothing that publishes had begun"


def test_a_signal_that_is_to_be_ignored_stays_ignored(tmp_path: Path) -> None:
    """nohup: the terminal may go."""
    program = (
        "import os, signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nfrom flows.process import stopping\n"
        "stopping.listen()\nos.kill(os.getpid(), signal.SIGHUP)\nprint('goes on')\n"
    )
    with at_work([sys.executable, "-c", program], Path(__file__).parents[2], {}) as ignoring:
        said, complaints = ignoring.communicate(timeout=WITHIN)
    assert (said, complaints) == ("goes on\n", "")
