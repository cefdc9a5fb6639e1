"""Fixed combinations: CAR products that the same arms give together are one product of the trial.

A participant receives both, so the trial has one row with the targets of both and the construct
`combination`. Where a title or an arm offers a choice (CD19 or BCMA, by biomarker), they stay apart.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from transforms.profile.products.drafts import Draft
from transforms.profile.products.record import ARMS, TITLES, Record

_CHOICE = re.compile(r"\b(?:versus|vs|depending|according to|based on|whichever|alternatively|respectively|one of)\b")
# Between the products only: "in lupus or systemic sclerosis" offers no choice of cells.
_OR = re.compile(r"\bor\b")


def combined(record: Record, found: list[Draft]) -> list[Draft]:
    """`found` with those made one that exactly the same arms give together."""
    by_arms: dict[tuple[int, ...], list[Draft]] = {}
    for draft in found:
        arms = _arms(record, draft)
        if arms and draft.antigens and not draft.is_choice:
            by_arms.setdefault(arms, []).append(draft)
    for arms, drafts in by_arms.items():
        if len(drafts) > 1 and _are_alike(drafts) and not _offers_choice(record, arms, drafts):
            place = found.index(drafts[0])
            found = [draft for draft in found if draft not in drafts]
            found.insert(place, _one(drafts))
    return found


def _arms(record: Record, draft: Draft) -> tuple[int, ...]:
    return tuple(arm.number for arm in record.design.arms if set(arm.intervention_nos) & set(draft.interventions))


def _are_alike(drafts: list[Draft]) -> bool:
    """Whether they bind different antigens, and may be of one kind of cell and one source."""
    if len({draft.antigens for draft in drafts}) < len(drafts):
        return False
    return all(len({getattr(draft, name) for draft in drafts} - {None}) < 2 for name in ("lineage", "source"))


def _offers_choice(record: Record, arms: tuple[int, ...], drafts: list[Draft]) -> bool:
    antigens = {antigen.lower() for draft in drafts for antigen in draft.antigens}
    texts = record.texts_in(TITLES) + [text for text in record.texts_in(ARMS) if text.number in arms]
    return any(_CHOICE.search(text.folded) or _OR.search(_between(antigens, text.folded)) for text in texts)


def _between(antigens: set[str], folded: str) -> str:
    """The stretch of a text from the first antigen named to the last."""
    places = [place for antigen in antigens if (place := folded.rfind(antigen)) >= 0]
    return (
        folded[min(folded.find(antigen) for antigen in antigens if antigen in folded) : max(places)] if places else ""
    )


def _one(drafts: list[Draft]) -> Draft:
    first = drafts[0]
    return replace(
        first,
        key=None,
        named=None,
        interventions=[n for draft in drafts for n in draft.interventions],
        codes=list(dict.fromkeys(code for draft in drafts for code in draft.codes)),
        antigens=tuple(sorted({antigen for draft in drafts for antigen in draft.antigens})),
        together=True,
        parts=tuple(drafts),
    )
