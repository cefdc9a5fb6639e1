"""What the documents promise is there: commands run, links lead somewhere, files named exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
# These work on the network, go on until stopped, or change the folder they are run in: each has tests of its own.
NOT_READING = {"nightly", "serve", "accept", "doctor", "rebuild", "backup", "restore", "backfill", "publish"}


def commands(page: Path) -> list[str]:
    """Lines of blocks that call cartrials."""
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if re.match(r"(\.venv/bin/)?cartrials\b", line)]


def quoted(file: Path) -> list[str]:
    """Calls of cartrials between backticks, of a page or of the sentences in a module."""
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    # A sentence in a module goes on in the next string.
    text = re.sub(r"""["']\s*\n\s*f?["']""", "", text) if file.suffix == ".py" else text
    found = (" ".join(call.split()) for call in re.findall(r"`(cartrials [a-z][^`]*)`", text))
    return list(dict.fromkeys(re.sub(r"\{.*?\}", "…", call) for call in found))


MODULES = sorted(path for name in ("flows", "warehouse", "expectations") for path in (ROOT / name).rglob("*.py"))
EVERY = [(page, line) for page in PAGES for line in commands(page)]
EVERY += [(file, call) for file in (*PAGES, *MODULES) for call in quoted(file)]


@pytest.mark.parametrize(("page", "line"), EVERY, ids=[f"{page.name}: {line}" for page, line in EVERY])
def test_a_command_in_a_document_is_one_of_ours(page: Path, line: str) -> None:
    words = shlex.split(re.split(r" [|>&]", line)[0])[1:]
    known = CliRunner().invoke(app, [*command_of(words), "--help"])
    assert known.exit_code == 0, known.output
    for option in (word.split("=")[0] for word in words if word.startswith("--")):
        assert option in known.output, f"{page.name}: {line}"


README = [line for line in commands(ROOT / "README.md") if line.split()[1] not in NOT_READING]


@pytest.mark.parametrize("line", README)
def test_a_command_of_the_readme_answers_on_the_demo(
    line: str, demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTRIALS_HOME", str(demo_home))
    monkeypatch.setenv("CARTRIALS_WATCHLIST", str(ROOT / "demo" / "watchlist.toml"))
    answer = CliRunner().invoke(app, shlex.split(line)[1:])
    assert answer.exit_code == 0, answer.output
    assert answer.output.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_named_in_a_page_exist(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(
        r"`((?:flows|transforms|expectations|warehouse|demo|tests|benchmarks|docs|requirements)/[\w./]+)`", text
    )
    assert [path for path in named if not (ROOT / path).exists() and not path.startswith("demo/data")] == []


def test_every_command_is_in_a_document() -> None:
    told = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    names = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    assert [name for name in names if f"cartrials {name}" not in told] == []


def test_nothing_tells_of_the_machine_it_was_made_on() -> None:
    texts = [
        *PAGES,
        *(ROOT / "requirements").iterdir(),
        ROOT / "pyproject.toml",
        ROOT / "Makefile",
        ROOT / ".ci" / "run",
    ]
    found = [
        path.name
        for path in texts
        if re.search(r"/(root|work)/|--(extra-)?index-url[ =]|https?://[^ ]*pypi", path.read_text("utf-8"))
    ]
    assert found == []


def command_of(words: list[str]) -> list[str]:
    """The command, and the sub-command where it has some."""
    groups = {group.name or group.typer_instance.info.name for group in app.registered_groups if group.typer_instance}
    return words[: 2 if words[0] in groups else 1]
