"""Enough of Essie and of PubMed's query language to filter records by the words in their text.

AND, OR, NOT, brackets, quotes, a star at the end of a word, neighbours joined by AND; Essie's
AREA[Field] and RANGE[from,to]; PubMed's [tags] behind a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

# The text of a record in an area or under a tag, folded; "" is the area of plain words.
TextOf = Callable[[str], str]
Test = Callable[[TextOf], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|AREA\[(?P<area>\w+)\]|RANGE\[\s*(?P<low>[^,\]]+)\s*,\s*(?P<high>[^\]]+)\]"
    r'|(?P<word>"[^"]*"|[^\s()"\[\]]+)(?:\[(?P<tag>[^\]]+)\])?)'
)


class Malformed(ValueError):
    """The expression cannot be read."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    other: str = ""


def fold(texts: Iterable[str]) -> str:
    """Lower-case words with one space between and around; texts kept apart by a bar."""
    return " | ".join(" " + re.sub(r"[\W_]+", " ", text.lower()).strip() + " " for text in texts)


def condition_of(expression: str, area: str = "", without: Container[str] = ()) -> Test:
    """The expression as a test of one record's texts, made `without` some words as PubMed drops what its index
    does not know: `a AND b` without b is a. Nothing is found where nothing is left. Raises Malformed."""
    tokens = [one for one in _tokens(expression) if not (one.kind == "word" and one.text in without)]
    if len(tokens) < len(list(_tokens(expression))):
        tokens = _without_hanging(tokens)
        if not tokens:
            return lambda text_of: False
    test, rest = _either(tokens, area)
    if rest:
        raise Malformed(f"Unexpected {rest[0].text!r}")
    return test


def _tokens(expression: str) -> Iterable[_Token]:
    at = 0
    expression = expression.rstrip()
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if not found:
            raise Malformed(f"Cannot parse {expression[at : at + 20]!r}")
        at = found.end()
        if found["open"] or found["close"]:
            yield _Token(found["open"] or found["close"], found[0].strip())
        elif found["area"]:
            yield _Token("area", found["area"])
        elif found["low"]:
            yield _Token("range", found["low"], found["high"])
        elif found["word"] in ("AND", "OR", "NOT"):
            yield _Token(found["word"], found["word"])
        else:
            yield _Token("word", found["word"], found["tag"] or "")


def _without_hanging(tokens: list[_Token]) -> list[_Token]:
    """Operators without one of their sides and empty brackets go with the words that went."""
    kinds = [one.kind for one in tokens]
    for at, kind in enumerate(kinds):
        opens = at == 0 or kinds[at - 1] == "("
        closes = at + 1 == len(kinds) or kinds[at + 1] in (")", "AND", "OR")
        if kind == "(" and kinds[at + 1 : at + 2] == [")"]:
            return _without_hanging(tokens[:at] + tokens[at + 2 :])
        if kind in ("AND", "OR", "NOT") and (closes or (opens and kind != "NOT")):
            return _without_hanging(tokens[:at] + tokens[at + 1 :])
    return tokens


def _either(tokens: list[_Token], area: str) -> tuple[Test, list[_Token]]:
    tests = []
    while True:
        test, tokens = _both(tokens, area)
        tests.append(test)
        if not tokens or tokens[0].kind != "OR":
            return lambda text_of: any(test(text_of) for test in tests), tokens
        tokens = tokens[1:]


def _both(tokens: list[_Token], area: str) -> tuple[Test, list[_Token]]:
    tests = []
    while True:
        negated = False
        while tokens and tokens[0].kind in ("AND", "NOT"):
            negated = negated or tokens[0].kind == "NOT"
            tokens = tokens[1:]
        test, tokens = _one(tokens, area)
        tests.append(_negation(test) if negated else test)
        if not tokens or tokens[0].kind in ("OR", ")"):
            return lambda text_of: all(test(text_of) for test in tests), tokens


def _negation(test: Test) -> Test:
    return lambda text_of: not test(text_of)


def _one(tokens: list[_Token], area: str) -> tuple[Test, list[_Token]]:
    if not tokens:
        raise Malformed("Unexpected end of the expression")
    first, rest = tokens[0], tokens[1:]
    if first.kind == "(":
        test, rest = _either(rest, area)
        if not rest or rest[0].kind != ")":
            raise Malformed("Missing )")
        return test, rest[1:]
    if first.kind == "area":
        return _one(rest, first.text)
    if first.kind == "range":
        low, high = (None if end.strip() in ("MIN", "MAX") else end.strip() for end in (first.text, first.other))
        return _between(area, low, high), rest
    if first.kind == "word":
        return _holds(first.text, first.other or area), rest
    raise Malformed(f"Unexpected {first.text!r}")


def _between(area: str, low: str | None, high: str | None) -> Test:
    def test(text_of: TextOf) -> bool:
        value = text_of(area).strip().replace(" ", "-")
        return bool(value) and (low is None or value >= low) and (high is None or value <= high)

    return test


def _holds(word: str, area: str) -> Test:
    wanted = fold([word]).strip()
    if not wanted:
        raise Malformed(f"Nothing to search for in {word!r}")
    needle = f" {wanted}" if word.rstrip('"').endswith("*") else f" {wanted} "
    return lambda text_of: needle in text_of(area)
