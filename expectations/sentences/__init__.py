"""Facts of this field, one class each: what registrations, profiles, papers and history may not say.

A class name reads as the fact. Severity: `warning` where the source may say so and we tell it,
`critical` where only a fault of ours can make it so. A threshold stands with its reason.
"""

from __future__ import annotations

from expectations.facts import Sentence
from expectations.sentences import dates, design, evidence, history, papers, registrations

SENTENCES: tuple[type[Sentence], ...] = (
    *dates.SENTENCES,
    *registrations.SENTENCES,
    *design.SENTENCES,
    *evidence.SENTENCES,
    *papers.SENTENCES,
    *history.SENTENCES,
)
