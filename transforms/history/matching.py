"""Which item of the old list is which of the new: by identity, never by position.

Items are paired by keys, the strictest first, and what is left over by how alike they are: an arm
whose label was reworded is the same arm. Pairing is greedy, the most alike first, and the same for
the same input.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from transforms.history.fields import Row, words

Key = Callable[[Row], Hashable]
Likeness = Callable[[Row, Row], float]

# Half the words in common: below that, two texts on the same trial share only its vocabulary.
ALIKE = 0.5
# Lists longer than this are paired by keys only: comparing all with all would take the night.
ALL_WITH_ALL_LIMIT = 200
MOST_READ = 4_000  # characters of a text that say how alike it is: four times what the registry takes


class Matched(msgspec.Struct, frozen=True):
    """Pairs of places (old, new) in order of the new list, and the places left over."""

    pairs: list[tuple[int, int]]
    lost: list[int]
    gained: list[int]


def match(old: Sequence[Row], new: Sequence[Row], keys: Sequence[Key], likeness: Likeness | None = None) -> Matched:
    """Pair the items of two lists. A key that reads as empty pairs nothing."""
    pairs: list[tuple[int, int]] = []
    lost, gained = list(range(len(old))), list(range(len(new)))
    for key in keys:
        found, lost, gained = _by_key(old, new, lost, gained, key)
        pairs += found
    if likeness and lost and gained and max(len(lost), len(gained)) <= ALL_WITH_ALL_LIMIT:
        found, lost, gained = _by_likeness(old, new, lost, gained, likeness)
        pairs += found
    return Matched(sorted(pairs, key=lambda pair: pair[1]), lost, gained)


Found = tuple[list[tuple[int, int]], list[int], list[int]]


def _by_key(old: Sequence[Row], new: Sequence[Row], lost: list[int], gained: list[int], key: Key) -> Found:
    waiting: dict[Hashable, list[int]] = {}
    for place in reversed(lost):
        if name := _name(old[place], key):
            waiting.setdefault(name, []).append(place)
    pairs, still_gained = [], []
    for place in gained:
        candidates = waiting.get(_name(new[place], key))
        if candidates:
            pairs.append((candidates.pop(), place))
        else:
            still_gained.append(place)
    paired = {place for place, _ in pairs}
    return pairs, [place for place in lost if place not in paired], still_gained


def _name(row: Row, key: Key) -> Hashable:
    """What a key reads; None where it reads as empty, or as a list or object where a text belongs."""
    name = key(row) or None
    try:
        hash(name)
    except TypeError:
        return None
    return name


def _by_likeness(
    old: Sequence[Row], new: Sequence[Row], lost: list[int], gained: list[int], likeness: Likeness
) -> Found:
    scored = sorted(
        (-score, before, after)
        for before in lost
        for after in gained
        if (score := likeness(old[before], new[after])) >= ALIKE
    )
    used_old: set[int] = set()
    used_new: set[int] = set()
    pairs = []
    for _, before, after in scored:
        if before not in used_old and after not in used_new:
            pairs.append((before, after))
            used_old.add(before)
            used_new.add(after)
    return pairs, [n for n in lost if n not in used_old], [n for n in gained if n not in used_new]


def shared_words(one: object, other: object) -> float:
    """Words in common over words in all, from 0 to 1; 0 when either says nothing."""
    if not isinstance(one, str) or not isinstance(other, str):
        return 0.0
    left, right = _word_set(one), _word_set(other)
    return len(left & right) / len(left | right) if left and right else 0.0


@lru_cache(maxsize=2048)
def _word_set(text: str) -> frozenset[str]:
    return frozenset(words(text[:MOST_READ]).split())


def alike_arms(old: Row, new: Row) -> float:
    """Arms: by label, by description, or by giving the same interventions as the same type of arm."""
    score = max(shared_words(old.get("label"), new.get("label")),
                shared_words(old.get("description"), new.get("description")))  # fmt: skip
    given = old.get("intervention_names")
    if given and given == new.get("intervention_names") and old.get("arm_type") == new.get("arm_type"):
        score += ALIKE
    return score


def alike_interventions(old: Row, new: Row) -> float:
    """Interventions: by name, by description, or by an other name that the other goes by."""
    if _names(old) & _names(new):
        return 1.0
    return max(shared_words(old.get("name"), new.get("name")),
               shared_words(old.get("description"), new.get("description")))  # fmt: skip


def alike_outcomes(old: Row, new: Row) -> float:
    """Outcomes: by measure; of another type only when nearly the same words."""
    score = shared_words(old.get("measure"), new.get("measure"))
    return score if old.get("outcome_type") == new.get("outcome_type") else score - 0.2


def alike_products(old: Row, new: Row) -> float:
    """Products: by a code in common, else by what they are."""
    codes: set[Any] = set(old.get("product_codes") or ()) & set(new.get("product_codes") or ())
    if codes:
        return 1.0
    facts = ("target_antigens", "construct", "cell_type", "cell_source")
    alike = sum(bool(old.get(name) == new.get(name)) for name in facts) / len(facts)
    return max(shared_words(old.get("product"), new.get("product")), alike - 0.25)


def _names(row: Row) -> set[str]:
    others = row.get("other_names")
    names = [row.get("name"), *(others if isinstance(others, list) else ())]
    return {folded for name in names if (folded := words(name))}
