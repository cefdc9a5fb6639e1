"""Events of papers: published, corrected, concern raised, retracted, each for every trial it is tied to.

A paper that reports a tracked trial (trial_publications.relation `reports`) is `published`, once for
trial and paper, whoever ties them. What happens to a paper later is an event of every trial tied to it,
and matters as much as the tie: high where it reports the trial, low where it is background.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

from transforms.history import sentences
from transforms.history.event import Context, Event, Told, day_of, new_event
from transforms.history.fields import Row, value
from transforms.shaped import Rows
from transforms.shown import shortened

MATERIALITY = {"reports": "high", "protocol": "medium", "unclear": "medium", "background": "low"}
# Strongest first: one paper may be tied to one trial by several sources.
RELATIONS = tuple(MATERIALITY)

TOLD_OF_PAPER = (
    "pmid", "title", "journal", "publication_date", "doi", "is_retracted", "has_expression_of_concern",
)  # fmt: skip

CORRECTIONS = ("ErratumIn", "CorrectedandRepublishedIn", "RepublishedIn", "UpdateIn")
CONCERNS = ("ExpressionOfConcernIn",)
RETRACTIONS = ("RetractionIn", "RetractedandRepublishedIn")


def paper_events(
    old: Rows,
    new: Rows,
    old_links: Iterable[Row],
    new_links: Iterable[Row],
    context: Context,
    tracked: Container[str],
) -> list[Event]:
    """Events of one paper, for the trials it is tied to.

    `old` and `new` hold its row of `publications` and its `publication_corrections`; `old` is empty for a
    paper first seen. Links are its rows of trial_publications before and now. `tracked` are the trials
    whose papers are told of: those in scope and those that follow recipients.
    """
    if not new.get("publications"):  # a paper that is cited, but that PubMed has not given us
        return []
    paper = new["publications"][0]
    before, now = strongest_relations(old_links), strongest_relations(new_links)
    found = []
    for nct_id in sorted(nct_id for nct_id in now if nct_id in tracked):
        relation = now[nct_id]
        if relation == "reports" and before.get(nct_id) != "reports":
            found.append(_published(nct_id, paper, context))
        # A tie that is new to us says all that has happened to the paper so far.
        known = old if nct_id in before else {}
        for event_type, after, text in _fates(known, new):
            found.append(_fate(nct_id, event_type, after, text, paper, relation, context))
    return found


def strongest_relations(links: Iterable[Row]) -> dict[str, str]:
    """Trial -> the strongest relation that any source states."""
    found: dict[str, str] = {}
    for link in links:
        nct_id, relation = link["nct_id"], link["relation"]
        if nct_id not in found or RELATIONS.index(relation) < RELATIONS.index(found[nct_id]):
            found[nct_id] = relation
    return found


def _published(nct_id: str, paper: Row, context: Context) -> Event:
    text = f"published: {shortened(_title(paper), 200)}"
    day = day_of(paper, "publication_date") or context.today
    summary = sentences.line([text, *_journal(paper)])
    told = Told(None, paper["pmid"], summary, _details(paper, "reports"), "high", pmid=paper["pmid"])
    return new_event(nct_id, "published", day, context, told)


def _fates(old: Rows, new: Rows) -> Iterator[tuple[str, Any, str]]:
    """(event type, what it is after, words) of what happened to the paper since `old`."""
    was, now = (rows["publications"][0] if rows.get("publications") else {} for rows in (old, new))
    for event_type, types, flag, text in (
        ("retracted", RETRACTIONS, "is_retracted", "paper retracted"),
        ("concern_raised", CONCERNS, "has_expression_of_concern", "expression of concern about a paper"),
        ("corrected", CORRECTIONS, None, "paper corrected"),
    ):
        notices = _notices(new, types) - _notices(old, types)
        begins = bool(flag and now.get(flag) and not was.get(flag))
        # A retraction is known by the paper's type or by a notice, whichever comes first: one event.
        if begins or (notices and not (flag and was.get(flag))):
            yield event_type, sorted(notices) if flag is None else True, text


def _notices(rows: Rows, types: Sequence[str]) -> set[str]:
    notices = [row for row in rows.get("publication_corrections", []) if row["ref_type"] in types]
    return {str(row.get("ref_pmid") or row.get("ref_source") or "") for row in notices}


def _fate(nct_id: str, event_type: str, after: Any, text: str, paper: Row, relation: str, context: Context) -> Event:
    pmid = paper["pmid"]
    summary = sentences.line([f"{text}: {shortened(_title(paper), 200)}", *_journal(paper)])
    details = _details(paper, relation) | {"notices": after if isinstance(after, list) else []}
    told = Told([pmid, None], [pmid, after], summary, details, MATERIALITY[relation], pmid=pmid)
    return new_event(nct_id, event_type, day_of(paper, "revised_date") or context.today, context, told)


def _title(paper: Row) -> str:
    return str(value(paper, "title") or f"PMID {paper['pmid']}")


def _journal(paper: Row) -> list[str]:
    parts = [str(part) for part in (value(paper, "journal"), value(paper, "publication_date")) if part]
    return [" ".join(parts)] if parts else []


def _details(paper: Row, relation: str) -> dict[str, Any]:
    return {name: value(paper, name) for name in TOLD_OF_PAPER} | {"relation": relation}
