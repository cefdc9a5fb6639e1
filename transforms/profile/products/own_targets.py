"""Which targets of a text that names several products are one product's: those that its name stands next to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from transforms.profile.products import targets
from transforms.profile.products.catalogue import catalogue
from transforms.profile.products.record import TITLES, Record
from transforms.profile.products.targets import Target
from transforms.profile.reading.texts import Text, fold
from transforms.profile.regimen.design import Intervention


class Named(Protocol):
    """What has names: a product in the making."""

    key: str | None
    codes: list[str]


def names_of(record: Record, drafts: Sequence[Named], text: Text) -> list[tuple[int, int]]:
    """Where `text` names one of `drafts`: offsets into text.folded."""
    keys = {draft.key for draft in drafts} - {None}
    found = [(m.start, m.end) for m in record.named_in(text) if m.product.key in keys]
    for code in {fold(code) for draft in drafts for code in draft.codes}:
        place = text.folded.find(code)
        while place >= 0:
            found.append((place, place + len(code)))
            place = text.folded.find(code, place + len(code))
    return found


def own_targets(record: Record, draft: Named, others: Sequence[Named], text: Text) -> Sequence[Target]:
    """The targets that `text` ties to CARs, without those that stand nearer to another product's name."""
    found = _in_brackets(record, draft, text) or _without_others(draft, targets.attached(text))
    apart = [other for other in others if other.key != draft.key or not set(other.codes) & set(draft.codes)]
    theirs = names_of(record, apart, text) if found else []
    if not theirs:
        return found
    own = names_of(record, [draft], text)
    return [target for target in found if own and _distance(target, own) <= _distance(target, theirs)]


_NAME = re.compile(
    r"(?!il-|pd-|car|day|arm|phase|cohort|group)([a-z]{2,7}-?\d{1,6}[a-z]?)(?: (?:cells?|injection|infusion))?"
)


def told_in_title(record: Record, item: Intervention) -> Target | None:
    """The target that a title gives in brackets behind an intervention's code: "XYZ-1 (CD19 CAR-T)"."""
    code = _NAME.fullmatch(item.names[0]) if item.names else None
    for title in record.texts_in(TITLES) if code else ():
        told = re.search(rf"\b{re.escape(code[1])}(?: cells?)? ?\(([^()]{{2,40}})\)", title.folded) if code else None
        if told is None:
            continue
        first, last = told.span(1)
        for target in targets.attached(title):
            if first <= target.antigens.start < last:
                return target
        for listed in targets.lists(title):
            if (listed.start, listed.end) == (first, last):
                return Target(listed, "target.in_name", first, last)
    return None


def _in_brackets(record: Record, draft: Named, text: Text) -> list[Target]:
    """ "XYZ-1 (CD19)": antigens alone in brackets behind the product's name."""
    ends = {end for _, end in names_of(record, [draft], text)}
    return [
        Target(listed, "target.in_name", listed.start, listed.end)
        for listed in (targets.lists(text) if ends else ())
        if text.folded[listed.end : listed.end + 1] == ")"
        and any(text.folded[end : listed.start].strip() == "(" for end in ends)
    ]


def _without_others(draft: Named, found: Sequence[Target]) -> Sequence[Target]:
    """`found` without what a known product cannot bind, where the text also has what it binds."""
    bound = set(catalogue()[draft.key].target_antigens) if draft.key else set()
    own = [target for target in found if bound & set(target.antigens.antigens)]
    return own or found


def _distance(target: Target, names: Sequence[tuple[int, int]]) -> int:
    return min(max(start - target.end, target.start - end, 0) for start, end in names)
