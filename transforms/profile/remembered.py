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

# Of each rule: the texts of a large record and of the version before it.
TEXTS = 512
# Code points; longer texts are too few to be worth their memory.
LONGEST = 50_000


def remembered(rule: Rule) -> Rule:
    """`rule`, asked once for the same text and whatever else it is given by position.

    What it finds is never altered. Texts that say the same are the same, whichever version they come from: they
    are compared with ==, never by `is`.
    """
    known = lru_cache(maxsize=TEXTS)(rule)

    @wraps(rule)
    def asked(text: Text | str, *more: Hashable) -> Any:
        size = len(text) if isinstance(text, str) else len(text.text)
        return known(text, *more) if size <= LONGEST else rule(text, *more)

    return cast(Rule, asked)
