"""For every test: none of this machine's settings, and no skip that nobody hears of.

With CARTRIALS_REQUIRE_ALL=1 a skipped test fails: CI has everything that a test may ask for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.runs.run import Options
from tests.once import once

REQUIRE_ALL = os.environ.get("CARTRIALS_REQUIRE_ALL", "") not in ("", "0")
DEMO = Path(__file__).resolve().parents[1] / "demo"
SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


@pytest.fixture(autouse=True, scope="session")
def no_settings_of_this_machine() -> None:
    """Before any other fixture: what the developer has set for cartrials or Prefect is not for tests."""
    for name in list(os.environ):
        if name.startswith(("CARTRIALS_", "PREFECT_")):
            del os.environ[name]


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """What a test, or a command that it runs in this process, puts into the environment ends with it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records beside the project."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, the real records")
    return SHARED


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory, no_settings_of_this_machine: None) -> Path:
    """The data folder after the three nights of the demo, in plain functions. To be read only."""
    return once(tmp_path_factory, "demo", three_nights_of_the_demo) / "data"


def three_nights_of_the_demo(folder: Path) -> None:
    from flows.config.settings import load
    from flows.runs import nightly

    settings = load(home=folder / "data", watchlist=DEMO / "watchlist.toml")
    nightly.run(settings, Options(recorded=DEMO / "recordings", is_demo=True))


# Minutes each, of few tests: begun first, no processor waits for one of them in the end.
LONG = (
    "test_killed_anywhere", "test_stopped", "test_under_prefect", "test_cluster", "test_flipped_bytes",
    "test_mutated_nights", "test_decade", "test_reprofiling",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, the others in the order that was drawn."""
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped although CARTRIALS_REQUIRE_ALL is set: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"Skipped although CARTRIALS_REQUIRE_ALL is set: {_reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What this machine lacks, and how many tests wait for it; what tests have to say of themselves."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, said in report.user_properties:
            if name == "says" and report.when == "call":
                terminalreporter.line(said)
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    if reasons:
        terminalreporter.section("not tested here")
        for reason, count in sorted(reasons.items()):
            terminalreporter.line(f"{count:4} skipped: {reason}")


def _reason(report: Any) -> str:
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")
