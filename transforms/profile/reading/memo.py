"""What a rule found in a text is remembered, for the next version of the record mostly says the same there.

A night reads a changed study and the version before it, a rebuild all versions of a trial one after the other:
of some forty texts one or two differ. Rules that look at one text alone are asked again for those only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

Rule = TypeVar("Rule", bound=Callable[..., Any])

# Of each rule: the texts of some dozen records.
TEXTS = 512
# Of each rule that looks at several texts of a record together.
RECORDS = 32
# Code points; longer texts are too few to be worth their memory.
LONGEST = 20_000
_RULES: list[Any] = []


def cached_rule(rule: Rule) -> Rule:
    """`rule`, asked once for the same text and whatever else it is given by position.

    What it finds is never altered. Texts that say the same are the same, whichever version they come from: they
    are compared with ==, never by `is`.
    """
    return _asked_once(rule, TEXTS, lambda text: len(text.text))


def cached_rule_of_words(rule: Rule) -> Rule:
    """`remembered` of a rule that is given folded words only."""
    return _asked_once(rule, TEXTS, len)


def cached_rule_of_texts(rule: Rule) -> Rule:
    """`remembered` of a rule that looks at several texts together, given as a tuple."""
    return _asked_once(rule, RECORDS, lambda texts: sum([len(text.folded) for text in texts]))


def cached_rule_of_few_texts(rule: Rule) -> Rule:
    """`cached_rule` of a rule that looks at the texts of one item together: title, description and time frame."""
    return _asked_once(rule, TEXTS, lambda texts: sum([len(text.folded) for text in texts]))


def _asked_once(rule: Rule, most: int, length: Callable[[Any], int]) -> Rule:
    known = lru_cache(maxsize=most)(rule)
    _RULES.append(known)

    @wraps(rule)
    def asked(given: Hashable, *more: Hashable) -> Any:
        return known(given, *more) if length(given) <= LONGEST else rule(given, *more)

    return cast(Rule, asked)


def forget() -> None:
    """Forget what every rule found, as a new process would: for measuring and for tests."""
    for known in _RULES:
        known.cache_clear()
