"""What came from outside as it may be shown: the one place where texts of sources meet a terminal.

A terminal acts on control characters (colours, titles, clearing the screen, typing for the user), and marks of
direction make a line read as something else. Whatever is printed goes through `Shown`, which writes such a character
as `\\u001b`: seen, without effect, and still the same text in JSON. What draws with Rich has `console`.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

from transforms.shown import ACTED_ON, cut

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MOST_PRINTED = 5_000  # characters of a cell or a line; csv, json and parquet have all of them
MOST_SAID = 1_000  # characters of a sentence
MOST_NARROW = 30  # characters; on less nothing can be read
_ESCAPED = {code: f"\\u{code:04x}" for code in ACTED_ON if chr(code) not in "\n\t"}
# In a cell of a table there is neither a line end nor room for what has no meaning.
_IN_ONE_LINE = {code: " " if code < 0xA0 or code in (0x2028, 0x2029) else "" for code in ACTED_ON}


def escaped(text: str) -> str:
    """A text with each character that a terminal would act on written out; lines stay lines."""
    return text.translate(_ESCAPED)


def printable(text: str, most: int = MOST_PRINTED) -> str:
    """A text on one line, without what a terminal would act on; one that nobody would read to its end is cut."""
    return cut(text, most).translate(_IN_ONE_LINE)


def fitted(text: str, width: int | None = None) -> str:
    """A text in lines of `width` characters, by default the terminal's or 80; a word is never broken, but cut.

    The blanks that it begins with stay before each line; what goes on is set in by two more.
    """
    width = max(MOST_NARROW, width or shutil.get_terminal_size().columns)
    bare = printable(text, MOST_SAID).lstrip()
    indent = " " * (len(text) - len(text.lstrip(" ")))
    return textwrap.fill(
        bare, width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


class Shown:
    """A stream that writes texts `escaped`; in all else the stream that it stands for."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        self.stream.write(escaped(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class Unfailing:
    """A stream whose trouble ends nothing: what nobody reads any more is taken, what cannot be written is remembered.

    A night goes on whose log is on a full disk. A stream that whoever started the process has closed takes all.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream: TextIO = stream or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        with self._going_on():
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._going_on():
            self.stream.flush()

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not isinstance(error, BrokenPipeError):  # whoever read has seen enough, as `head` does
                self.lost = error
            # What waits in the stream would fail again at the end of the process.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def shown() -> Iterator[Unfailing]:
    """Around a command: all that it prints is shown as texts from outside may be, and a character that the terminal
    has no code for as a question mark. Gives what is printed, as opposed to what is said of it."""
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    printed, said = map(Unfailing, before)
    sys.stdout, sys.stderr = Shown(printed), Shown(said)  # type: ignore[arg-type]
    try:
        yield printed
    finally:
        printed.flush()
        said.flush()
        sys.stdout, sys.stderr = before


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Rich's console, whose own sequences reach the terminal while those in texts do not.

    `width` is that of a stream which is no terminal: there no line is cut.
    """
    from rich.console import Console

    class Drawn(Console):
        def render_str(self, text: str, **given: Any) -> Text:
            """Every text that is not a Text yet comes by here: it is no markup and names no emoji."""
            return super().render_str(escaped(text), **{**given, "markup": False, "emoji": False})

    stream: Any = sys.stderr if stderr else sys.stdout
    stream = stream.stream if isinstance(stream, Shown) else stream
    return Drawn(file=stream, highlight=False, width=None if stream.isatty() else width)
