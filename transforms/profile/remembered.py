"""What a rule found in a text is remembered, for the next version of the record mostly says the same there.

A night reads a changed study and the version before it, a rebuild all versions of a trial one after the other:
of some forty texts one or two differ. Rules that look at one text alone are asked again for those only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:  # texts are themselves made with what this remembers
    from transforms.profile.texts import Text

Rule = TypeVar("Rule", bound=Callable[..., Any])

# Of each rule: the texts of some dozen records, which also share some. With 256 a rebuild took a sixth longer.
TEXTS = 512
# Of each rule that looks at several texts of a record together.
RECORDS = 32
# Code points; longer texts are too few to be worth their memory.
LONGEST = 20_000
_RULES: list[Any] = []


def remembered(rule: Rule) -> Rule:
    """`rule`, asked once for the same text and whatever else it is given by position.

    What it finds is never altered. Texts that say the same are the same, whichever version they come from: they
    are compared with ==, never by `is`.
    """
    known = _kept(rule)

    @wraps(rule)
    def asked(text: Text, *more: Hashable) -> Any:
        return known(text, *more) if len(text.text) <= LONGEST else rule(text, *more)

    return cast(Rule, asked)


def remembered_words(rule: Rule) -> Rule:
    """`remembered` of a rule that is given folded words only."""
    known = _kept(rule)

    @wraps(rule)
    def asked(folded: str) -> Any:
        return known(folded) if len(folded) <= LONGEST else rule(folded)

    return cast(Rule, asked)


def remembered_together(rule: Rule) -> Rule:
    """`remembered` of a rule that looks at several texts together."""
    known = _kept(rule, RECORDS)

    @wraps(rule)
    def asked(texts: tuple[Text, ...]) -> Any:
        return known(texts) if sum([len(text.folded) for text in texts]) <= LONGEST else rule(texts)

    return cast(Rule, asked)


def forget() -> None:
    """Forget what every rule found, as a new process would: for measuring and for tests."""
    for known in _RULES:
        known.cache_clear()


def _kept(rule: Rule, most: int = TEXTS) -> Any:
    known = lru_cache(maxsize=most)(rule)
    _RULES.append(known)
    return known
