"""Rows of trial_endpoints: what each outcome measures, in whom, how it is counted, and when.

Concepts come from the title. Where it names none, or only a broad one ("safety", "pharmacokinetics"), they come from
the description as far as it lists what is counted, and from a time frame that gives each its own time. What stands
behind "defined as" are components; what is only a means ("based on the incidence of ...") is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transforms.profile.endpoints import measures, timing
from transforms.profile.endpoints.concepts import Mention, is_broad, mentions, without_broader
from transforms.profile.endpoints.outcomes import Named, Outcome, outcomes
from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule_of_few_texts
from transforms.profile.reading.texts import Text
from transforms.profile.trial.diseases import named_in

TABLE = "trial_endpoints"
# Rows of one record: what a long list of laboratory values makes.
MOST_ROWS = 400

_MEANS = re.compile(
    r"\b(?:based on|per|by|using|via|according to|in order to|as (?:measured|assessed|determined|evaluated|graded)"
    r"|(?:measured|assessed|determined|evaluated|graded|accompanied) (?:by|with|using)|including changes in|due to)\b"
    r"[^.;:\n]{0,90}$"
)
_DEFINES = re.compile(r"\b(?:defined (?:as|by)|composite of|definition of|means|consist\w* of)\b")
# From here on a description says what counts as one, or tells about an instrument.
_NOT_COUNTED = re.compile(
    r"\b(?:defined (?:as|by)|(?:is|are|was|were|be) (?:defined|considered|regarded)|except(?:ions?|ing)?|exclud\w+"
    r"|criteria:"
    r"|an ae (?:is|means)|the \w[\w-]* (?:is|are) an?|(?:scores?|values?) (?:range|are|from)"
    r"|grad(?:ed|ing) (?:by|according|per))\b"
)
_DOMAIN_WORDS = (
    ("feasibility", re.compile(r"\bfeasib|\bmanufactur|\bproduction of\b")),
    ("safety", re.compile(r"\bsafe\w*|\btolera\w+|\btoxic\w+|\bside effect|\badverse")),
    ("efficacy", re.compile(r"\befficac\w+|\beffective\w*|\befficiency|\beffects? of\b|\bdisease activity|\bimprovement"
                            r"|\bclinical (?:symptoms|outcome)|\brespon[ds]\w+|\bremission|\bsymptom")),
    ("pk_pd", re.compile(r"\bpharmaco\w+|\bkinetic\w*|\blevels? of\b|\bconcentration|\bmarkers?\b|\bcells? count")),
)  # fmt: skip
_LIST_GOES_ON = re.compile(r"[\s()\[\]a-z]{0,12}(?:[/,、;&]|\band\b|\bor\b)[\s/,]*(?:and |or )?(?:the )?")
_UNTIL = re.compile(r"\b(?:until|till|to|or|date of|time of) (?:the )?(?:first |documented )*$")
_LONGEST_LIST = 1500  # characters of a description that are read


def endpoints(
    study: Mapping[str, Any], texts: Sequence[Text], diseases: Sequence[str]
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows for trial_endpoints (without nct_id), numbered, and the words of each."""
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for outcome in outcomes(study, texts):
        read = tuple(text for text in (outcome.measure, outcome.description, outcome.time_frame) if text is not None)
        for row, finding in _of_outcome(read, outcome.kind, outcome.number, len(diseases) > 1):
            if len(rows) == MOST_ROWS:
                return rows, findings
            rows.append({"endpoint_no": len(rows) + 1, **row})
            findings.append(finding._replace(item_table=TABLE, item_no=len(rows)))
    return rows, findings


@cached_rule_of_few_texts
def _of_outcome(
    read: tuple[Text, ...], kind: str, number: int, several_diseases: bool
) -> tuple[tuple[dict[str, Any], Finding], ...]:
    """(row without its number, finding) of each concept and part of one outcome."""
    by_section = {text.section: text for text in read}
    outcome = Outcome(number, kind, by_section.get("outcome_measure"), by_section.get("outcome_description"),
                      by_section.get("outcome_time_frame"))  # fmt: skip
    named = _named(outcome)
    domain = None if named else _domain(outcome)
    shared = {"outcome_type": kind, "outcome_no": number, **_in_whom(outcome, several_diseases)}
    rows = []
    every: list[Named | None] = [*named] or [None]
    for one in every:
        row = {**shared, **_counted(outcome, one, domain), **timing.of_concept(outcome, one)}
        rows += [({**row, "part": part}, _reason(outcome, one)) for part in _parts(outcome)]
    return tuple(rows)


# ---- which concepts ----


def _named(outcome: Outcome) -> list[Named]:
    """The concepts of an outcome, each once."""
    title = outcome.measure
    found = list(_of_title(title)) if title is not None else []
    if not found or all(is_broad(one.concept) for one in found):
        wanted = found[0].concept.domain if found else _domain(outcome)
        listed = _once(_of_lists(outcome, wanted))
        if any(not is_broad(one.concept) for one in listed):
            return [one for one in listed if not is_broad(one.concept)]
        return _once(found or listed)
    return _once(found)


def _of_title(title: Text) -> Iterator[Named]:
    folded = title.folded
    defining = _DEFINES.search(folded)
    main: list[Mention] = []
    components: list[Mention] = []
    for one in mentions(folded):
        if defining and main and one.start >= defining.end():
            components.append(one)
        elif (all(is_broad(other.concept) for other in main) or _goes_on(folded, main[-1], one)
              or not _MEANS.search(folded, max(0, one.start - 110), one.start)):  # fmt: skip
            main.append(one)
    yield from (Named(one.concept, title, one.start, one.end, "measured") for one in without_broader(main))
    counted = {one.concept.name for one in main}
    for one in components:
        if one.concept.name not in counted:
            yield Named(one.concept, title, one.start, one.end, "component")


def _goes_on(folded: str, last: Mention, one: Mention) -> bool:
    """Whether a concept stands in a list with the one before it: "by rates of AE/SAE"."""
    return bool(_LIST_GOES_ON.fullmatch(folded, last.end, one.start))


def _of_lists(outcome: Outcome, domain: str | None) -> Iterator[Named]:
    """What the description lists as counted, else what the time frame gives a time of its own."""
    for text in (outcome.description, outcome.time_frame):
        if text is None:
            continue
        told = text.folded[:_LONGEST_LIST]
        stop = _NOT_COUNTED.search(told)
        end = told.rfind(".", 0, stop.start()) + 1 if stop else len(told)
        listed = [one for one in mentions(told[:end])
                  if domain in (None, one.concept.domain) and not _is_time_only(text, one)]  # fmt: skip
        if listed:
            yield from (Named(one.concept, text, one.start, one.end, "measured") for one in without_broader(listed))
            return


def _is_time_only(text: Text, one: Mention) -> bool:
    """Whether a concept in a time frame is only an event that times count from: "until disease progression"."""
    if text.section != "outcome_time_frame":
        return False
    return bool(_UNTIL.search(text.folded[: one.start]))


def _once(named: Iterator[Named] | Sequence[Named]) -> list[Named]:
    first: dict[tuple[str, str], Named] = {}
    for one in named:
        first.setdefault((one.concept.name, one.role), one)
    return list(first.values())


def _domain(outcome: Outcome) -> str | None:
    """What the title, else the description, is about where it names no concept."""
    for text in (outcome.measure, outcome.description):
        if text is not None:
            for domain, words in _DOMAIN_WORDS:
                if words.search(text.folded[:300]):
                    return domain
    return None


# ---- what is told of them ----


def _counted(outcome: Outcome, one: Named | None, domain: str | None) -> dict[str, Any]:
    concept = one.concept if one else None
    domain = concept.domain if concept else domain
    title = outcome.measure.folded if outcome.measure is not None else ""
    told = measures.measured(title, domain)
    if told.metric is None and outcome.description is not None:
        told = told._replace(metric=measures.measured(outcome.description.folded[:300], domain).metric)
    instrument = concept.instrument if concept else None
    return {
        "concept": concept.name if concept else None,
        "instrument": instrument or (_means(title, one) if one else None),
        "coa_type": concept.coa_type if concept else None, "domain": domain,
        "role": one.role if one else "measured", **told._asdict(),
    }  # fmt: skip


def _means(title: str, one: Named) -> str | None:
    """The instrument that a title names as the means of measuring: "relapse as assessed by EDSS"."""
    if one.text.section != "outcome_measure":
        return None
    for other in mentions(title):
        if other.start >= one.end and other.concept.instrument and _MEANS.search(title, one.end, other.start):
            return other.concept.instrument
    return None


def _parts(outcome: Outcome) -> list[str | None]:
    """The parts that an outcome belongs to, as written, each once; [None] where none is told."""
    title = outcome.measure
    if title is None:
        return [None]
    found: dict[str, str] = {}
    for start, end in measures.parts(title.folded):
        for name in _each(title.text[title.start + start : title.start + end]):
            found.setdefault(name.lower(), name)
    return list(found.values()) or [None]


def _each(written: str) -> list[str]:
    """ "Parts A and B" as Part A and Part B."""
    word, _, rest = written.partition(" ")
    if " and " not in rest:
        return [written]
    return [f"{word.removesuffix('s')} {letter.strip().split()[-1]}" for letter in rest.split(" and ")]


def _in_whom(outcome: Outcome, several_diseases: bool) -> dict[str, list[str] | None]:
    """The cohorts and diseases that the title, or a short description, ties the outcome to."""
    for text in (outcome.measure, outcome.description):
        if text is None or (text is outcome.description and len(text.text) > 120):
            continue
        cohorts = [text.text[text.start + start : text.start + end] for start, end in measures.cohorts(text.folded)]
        diseases = _diseases_of(text) if several_diseases else []
        if cohorts or diseases:
            return {"cohorts": list(dict.fromkeys(cohorts)) or None, "diseases": diseases or None}
    return {"cohorts": None, "diseases": None}


def _diseases_of(text: Text) -> list[str]:
    """The diseases that a text names; AE is no encephalitis where it is an adverse event."""
    named = mentions(text.folded)
    return list(dict.fromkeys(name for name, start, end in named_in(text)
                              if not any(one.start <= start < one.end for one in named)))  # fmt: skip


def _reason(outcome: Outcome, one: Named | None) -> Finding:
    if one is not None:
        rule = one.text.section.removeprefix("outcome_")
        return quote(one.text, one.start, one.end, "concept", one.concept.name, f"endpoint.{rule}")
    text = outcome.measure or outcome.description or outcome.time_frame
    assert text is not None  # an outcome without any text is none
    return quote(text, 0, len(text.folded), "concept", "not named", "endpoint.unnamed")
