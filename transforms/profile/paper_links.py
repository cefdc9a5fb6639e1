"""What a paper is to a trial that something ties it to.

`reports` needs a databank number, the NCT number in the abstract, a reference of type DERIVED, or one
of type RESULT dated after the trial's start: a sponsor's list of RESULT papers holds many that are
older than the trial.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date

_PROTOCOL = re.compile(
    r"\b(?:study|trial|research) protocol\b|\bprotocol (?:for|of) (?:a|an|the)\b"
    r"|\brationale and (?:study )?design"
    r"|\bdesign and rationale|\bstudy design\b|: (?:a )?protocol\b|\bstatistical analysis plan\b",
    re.IGNORECASE,
)
_PROTOCOL_TYPES = frozenset({"clinical trial protocol"})
# Papers on trials in general, and notices: the number they give is not their own.
_SECOND_HAND = frozenset({"review", "systematic review", "meta-analysis", "network meta-analysis"})
_NOTICES = frozenset(
    {
        "editorial",
        "comment",
        "news",
        "published erratum",
        "retraction of publication",
        "expression of concern",
    }
)


def relation(
    *,
    link_source: str,
    reference_type: str | None = None,
    named_in: str | None = None,
    title: str | None = None,
    publication_types: Sequence[str] | None = None,
    published: date | None = None,
    published_precision: str | None = None,
    trial_start: date | None = None,
) -> tuple[str, str]:
    """(relation, relation_reason) for trial_publications.

    link_source: registry_reference (with reference_type), pubmed_databank, or pubmed_text (with named_in).
    """
    kinds = {kind.lower() for kind in publication_types or ()}
    if link_source == "registry_reference" and reference_type == "BACKGROUND":
        return "background", "the registration cites it as background"
    if kinds & _SECOND_HAND:
        return "background", f"a {min(kinds & _SECOND_HAND)} that names the trial"
    if kinds & _NOTICES:
        return "unclear", f"a notice or opinion ({min(kinds & _NOTICES)}) that names the trial"
    found, reason = _tie(link_source, reference_type, named_in, published, published_precision, trial_start)
    if found == "reports" and (kinds & _PROTOCOL_TYPES or _PROTOCOL.search(title or "")):
        return "protocol", "its title or type says protocol"
    return found, reason


def _tie(
    link_source: str,
    reference_type: str | None,
    named_in: str | None,
    published: date | None,
    precision: str | None,
    start: date | None,
) -> tuple[str, str]:
    if link_source == "pubmed_databank":
        return "reports", "the citation gives the trial's number in its databank list"
    if link_source == "pubmed_text":
        if named_in == "abstract":
            return "reports", "the abstract gives the trial's number"
        return "unclear", "only the title gives the trial's number"
    if reference_type == "DERIVED":
        return "reports", "the registry linked it by the trial's number"
    if reference_type == "RESULT":
        return _by_date(published, precision, start)
    return "unclear", "the registration cites it without saying as what"


def _by_date(published: date | None, precision: str | None, start: date | None) -> tuple[str, str]:
    if published is None or start is None:
        return "unclear", "cited as a result, but the paper's or the trial's date is not given"
    if published > start:
        return "reports", "cited as a result and published after the trial's start"
    if _last_day(published, precision) <= start:
        return "background", "cited as a result but published before the trial's start"
    return "unclear", "cited as a result; the dates are not exact enough to say which came first"


def _last_day(day: date, precision: str | None) -> date:
    if precision == "year":
        return day.replace(month=12, day=31)
    if precision == "month":
        return day.replace(day=monthrange(day.year, day.month)[1])
    return day
