"""Dossiers as compact JSON: what the page's script shows when a trial is opened.

Five hundred trials with their quotes must stay small, so every word that comes again (labels, rules,
values) is a number into one list, each sentence is kept once for a trial, and rows are arrays:

    words:  [text, ...]
    trials: {nct_id: {
        title, official, url, flags: [text, ...],
        facts:   [[label w, value], ...],
        profile: [[title, [reason, ...], [[attribute w, [[value w, [reason, ...]], ...]], ...]], ...],
        quotes:  [[place w, text, cut before 0|1, cut after 0|1], ...],
        sites:   [[country w, sites, cities], ...],
        doses:   [[text, schedule, arm], ...],
        history: [[date, type w, summary, materiality w], ...],
        papers:  [[pmid, title, where and when, relation w, flag], ...]}}

A reason is [quote, start, end, rule w] (offsets in UTF-16 units, as scripts count) or [text w, rule w].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flows.report import words
from flows.report.dossier import Attribute, Dossier, Part, Reason
from flows.report.quoting import Quote, utf16_offset
from flows.report.reading import Row

Json = dict[str, Any]
CITIES_SHOWN = 12


class Words:
    """Texts that come again and again, each once, and the number by which it is called."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def listed(self) -> list[str]:
        return list(self._numbers)


def panels(dossiers: Sequence[Dossier]) -> Json:
    """The page's data: `words` and `trials`."""
    word = Words()
    trials = {dossier.nct_id: _panel(dossier, word) for dossier in dossiers}
    return {"words": word.listed(), "trials": trials}


def _panel(dossier: Dossier, word: Words) -> Json:
    row = dossier.row
    quotes: dict[tuple[str, Quote], int] = {}
    panel = {
        "title": title(row),
        "official": row["official_title"] if row["official_title"] != row["brief_title"] else None,
        "url": row["url"],
        "flags": flags(row),
        "facts": [[word(label), value] for label, value in dossier.facts],
        "profile": [_part(part, word, quotes) for part in dossier.profile],
        "quotes": [[word(place), q.text, int(q.is_cut_before), int(q.is_cut_after)] for place, q in quotes],
        "sites": [
            [word(site["country"] or "country not given"), site["n_sites"], cities(site)] for site in dossier.sites
        ],
        "doses": [[d["dose_text"], d["schedule"], d["arm_label"]] for d in dossier.doses if d["schedule"]],
        "history": [
            [
                e["occurred_on"].isoformat(),
                word(str(words.EVENT.get(e["event_type"], e["event_type"]))),
                e["summary"],
                word(e["materiality"]),
            ]
            for e in dossier.history
        ],
        "papers": [_paper(paper, word) for paper in dossier.papers],
    }
    return {name: value for name, value in panel.items() if value}


def title(row: Row) -> str:
    """The title to show; a record may have none."""
    return row["brief_title"] or row["official_title"] or "No title"


def flags(row: Row) -> list[str]:
    """What a reader must know before believing the panel."""
    told = []
    if row["is_stale"]:
        told.append("Its newest version could not be read; these are its last good facts.")
    if row["registry_state"] == "left_search":
        told.append("The search no longer finds it; the registry still has it.")
    elif row["registry_state"] != "present":
        told.append(f"The registry's state of it: {row['registry_state']}.")
    return told


def cities(site: Row) -> str:
    """The cities of a country's sites; of many, the first in alphabetical order and how many more."""
    named = site["cities"] or []
    more = len(named) - CITIES_SHOWN
    return ", ".join(named[:CITIES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _part(part: Part, word: Words, quotes: dict[tuple[str, Quote], int]) -> list[Any]:
    return [
        part.title,
        _reasons(part.reasons, word, quotes),
        [_attribute(attribute, word, quotes) for attribute in part.attributes],
    ]


def _attribute(attribute: Attribute, word: Words, quotes: dict[tuple[str, Quote], int]) -> list[Any]:
    values = [[word(value.value), _reasons(value.reasons, word, quotes)] for value in attribute.values]
    return [word(attribute.label), values]


def _reasons(reasons: Iterable[Reason], word: Words, quotes: dict[tuple[str, Quote], int]) -> list[list[int]]:
    return [_reason(reason, word, quotes) for reason in reasons]


def _reason(reason: Reason, word: Words, quotes: dict[tuple[str, Quote], int]) -> list[int]:
    if reason.quote is None:
        told = f"{reason.told}: {reason.place}" if reason.place else reason.told
        return [word(told), word(reason.rule_id)]
    q = reason.quote
    # The same sentence with other words marked is the same sentence: offsets are the reason's own.
    sentence = (reason.place, Quote(q.text, 0, 0, q.is_cut_before, q.is_cut_after))
    number = quotes.setdefault(sentence, len(quotes))
    return [number, utf16_offset(q.text, q.start), utf16_offset(q.text, q.end), word(reason.rule_id)]


def _paper(paper: Row, word: Words) -> list[Any]:
    published = words.given_date(paper["publication_date"], paper["publication_date_precision"])
    where = ", ".join(part for part in (paper["journal"], published) if part)
    flag = "retracted" if paper["is_retracted"] else "concern raised" if paper["has_expression_of_concern"] else ""
    return [paper["pmid"], paper["title"] or "Not among the papers held here", where, word(paper["relation"]), flag]
