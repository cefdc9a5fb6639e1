"""What a source says reaches a terminal as text, whatever it holds, and whichever command shows it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from flows.process import terminal
from flows.sources.errors import Refused, quoted

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


COMMAND = Path(sys.executable).parent / "cartrials"


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", "2>/dev/full", "| true"])
def test_a_command_does_what_it_does_wherever_its_words_go(tmp_path: Path, redirection: str) -> None:
    """A stream that is closed, full or left by its reader ends nothing: what was asked for is done."""
    shell = f"set -o pipefail; {COMMAND} --version {redirection}; exit $?"
    ended = subprocess.run(["bash", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_a_full_disk_takes_of_the_words_is_told(tmp_path: Path) -> None:
    shell = f"{COMMAND} --version >/dev/full"
    ended = subprocess.run(["bash", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=False)
    said = "What this command prints was lost: No space left on device."
    assert (ended.returncode, ended.stderr.strip()) == (1, said)
