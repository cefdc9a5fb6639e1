"""What a source says reaches a terminal as text, whatever it holds, and whichever command shows it."""

from __future__ import annotations

import json
import re
import sys
from io import StringIO
from pathlib import Path

import pytest

from flows import cli, terminal
from flows.sources.errors import Refused, quoted
from tests.flows.world import World
from tests.servers.loopback import Fault

FLOWS = Path(terminal.__file__).parent
C0_AND_C1 = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ACTED_ON = set(C0_AND_C1 + DIRECTIONS + "\u2028\u2029") - set("\n\t")
# Colours, a title, the screen cleared, an answer typed for the user; the same with C1; a line turned around; markup.
HOSTILE = "begins \x1b[31m\x1b]0;title\x07\x1b[2J\x1b[6n \x9b31m\x9d0;t\x9c \u202ereversed\u2066 [/bold] [red] ends"


def test_no_character_that_a_terminal_acts_on_is_left() -> None:
    for made in (terminal.escaped, terminal.printable):
        text = made("a" + C0_AND_C1 + DIRECTIONS + "\u2028\u2029b")
        assert not ACTED_ON & set(text)
        assert (text[0], text[-1]) == ("a", "b")
    assert terminal.escaped("é 漢 😀 \u200d\n\tb") == "é 漢 😀 \u200d\n\tb", "what is text stays as it is"
    assert terminal.escaped(terminal.escaped(HOSTILE)) == terminal.escaped(HOSTILE)


def test_json_is_the_same_after_it_was_escaped() -> None:
    given = {"text": C0_AND_C1 + DIRECTIONS + HOSTILE}
    assert json.loads(terminal.escaped(json.dumps(given, ensure_ascii=False, indent=2))) == given


def test_an_error_holds_no_such_character_wherever_it_goes() -> None:
    words = quoted(HOSTILE.encode())
    error = Refused("PubMed", f"says: {words}", f"http://x/{HOSTILE}", HOSTILE)
    assert not ACTED_ON & set(f"{error}{error.reason}{error.url}{error.place}{error.args}")
    assert "begins" in error.reason and "ends" in error.reason


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cartrials", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)  # type: ignore[arg-type]


COMMANDS = {
    "nightly": 1, "nightly --full": 1, "status": 1, "status --json": 1, "doctor": 1,
    f"search {HOSTILE}": 0, f"show {HOSTILE}": 2, f"sql {HOSTILE}": 2, f"query {HOSTILE}": 2,
}  # fmt: skip


def test_no_command_passes_it_on(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.chdir(world.home.parent)
    refused = Fault(status=400, body=HOSTILE.encode(), times=999)
    world.registry.faults, world.library.faults = [refused], [refused]
    for command, code in COMMANDS.items():
        assert run(monkeypatch, *command.split(" ", 1)) == code, command
        said = capsys.readouterr()
        assert not ACTED_ON & set(said.out + said.err), command
        if command in ("nightly", "status", "status --json", "doctor"):
            assert "begins" in said.out + said.err and "reversed" in said.out + said.err, command


def test_rich_draws_what_it_draws_itself_and_no_markup_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    from rich.text import Text

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", Terminal())
    with terminal.shown():
        drawn = terminal.console()
        drawn.print(HOSTILE)
        drawn.print(Text("bold", style="bold"))
        print(HOSTILE)
    monkeypatch.undo()
    first, bold, printed = drawn.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert not ACTED_ON & set(first + printed) and "[/bold] [red] ends" in first
    assert bold == "\x1b[1mbold\x1b[0m"


def test_consoles_are_made_in_one_place() -> None:
    made = [path.name for path in FLOWS.rglob("*.py") if re.search(r"import .*\bConsole\b", path.read_text("utf-8"))]
    assert made == ["terminal.py"]
