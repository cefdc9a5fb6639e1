"""Files that a person wrote: settings, watchlist, subscribers, decisions. Read whole, and whatever is wrong is told."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

LARGEST = 16_000_000  # bytes; the longest watchlist so far has 9,000


class NotReadable(ValueError):
    """A file that cannot be read as what it should be; `line` from 1, `problem` without the file's name."""

    def __init__(self, problem: str, line: int = 1) -> None:
        super().__init__(problem)
        self.problem, self.line = problem, line


def read_text(path: Path) -> str:
    """The text of a file, UTF-8 with or without the mark that Windows puts before it. Raises NotReadable."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe that nobody writes to would be waited for
            raise NotReadable("cannot be read: it is a folder, or no ordinary file")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except NotReadable:
        raise
    except OSError as error:
        raise NotReadable(f"cannot be read: {error.strerror}") from None
    except ValueError:  # a name with a NUL in it
        raise NotReadable("cannot be read: this is no name of a file") from None
    if len(content) > LARGEST:
        raise NotReadable(f"is larger than {LARGEST // 1_000_000} MB: this cannot be the file that is meant")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = content[: error.start].count(b"\n") + 1
        raise NotReadable("is not UTF-8 text: save it as UTF-8 and try again", at) from None


def read_toml(text: str) -> dict[str, Any]:
    """A TOML document. Raises NotReadable with the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        said = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise NotReadable(f"is not TOML: {said}", int(at[1]) if at else text.count("\n") + 1) from None
    except RecursionError:
        raise NotReadable("is not TOML that can be read: it is nested too deeply", _deepest(text)) from None
    except ValueError as error:  # a number of five thousand digits
        raise NotReadable(f"is not TOML that can be read: {str(error).partition(';')[0]}", _longest(text)) from None


def _deepest(text: str) -> int:
    return 1 + max(enumerate(text.splitlines()), key=lambda line: line[1].count("[") + line[1].count("{"))[0]


def _longest(text: str) -> int:
    return 1 + max(enumerate(text.splitlines()), key=lambda line: len(line[1]))[0]
