"""The diseases that a trial treats, by one canonical name each, and who else it enrols.

Conditions, titles and arm labels say whom a trial treats; summary, keywords and arm descriptions
are read only when those name no disease (a basket), and the inclusion criteria after them.
Background sentences therefore never add a disease to a trial that names its own, and exclusion
criteria never count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from transforms.profile.reading import word_tree
from transforms.profile.reading.findings import Finding, quote, structure
from transforms.profile.reading.memo import cached_rule, cached_rule_of_texts
from transforms.profile.reading.reported import is_reported
from transforms.profile.reading.texts import Text, fold
from transforms.profile.reading.vocabulary import FOLDER, VocabularyError, rows
from transforms.profile.trial.populations import TELLING, populations

NOT_A_DISEASE = "(not a disease)"
# case: written with capitals (SSc); short: in company only (RA); list: only beside another in a list (DM);
# entry: as a whole condition; title: in conditions and titles only.
GUARDS = ("", "case", "short", "list", "entry", "title")
BASKET_FROM = 2  # unrelated diseases; a disease and its parent (SLE, lupus nephritis) are one
# A heading ("Autoimmune Diseases") beside this many is a class that is enrolled, not the one disease's heading.
_CLASS_BESIDE = 3

# In one text; no record names more, and short forms are compared with their neighbours.
MOST_HITS = 300

_SOURCES = {
    "condition": "condition", "keyword": "condition", "brief_title": "title", "official_title": "title",
    "arm_label": "arm", "arm_description": "arm", "intervention_name": "arm", "brief_summary": "summary",
    "detailed_description": "summary", "inclusion": "eligibility", "eligibility_other": "eligibility",
}  # fmt: skip
_TELLING_SET = frozenset(TELLING)
_DESCRIBING = ("keyword", "intervention_name", "arm_description", "brief_summary")
_CRITERIA = ("inclusion", "eligibility_other")
_TITLES = ("brief_title", "official_title")
_PROSE = frozenset({"brief_summary", "detailed_description"})


@dataclass(frozen=True, slots=True)
class Disease:
    """A line of diseases.csv."""

    disease: str
    parent: str | None
    group: str
    mesh_id: str | None
    is_basket: bool


class DiseaseResult(msgspec.Struct, frozen=True):
    """What a trial treats.

    rows             for trial_diseases (without nct_id), parents included
    diseases         canonical names in order of finding, parents behind their children
    is_basket        enrols a class of diseases, or two or more unrelated ones
    immune_mediated  treats an immune-mediated disease
    malignant, transplant, healthy   populations that its conditions, titles and arms name
    """

    rows: list[dict[str, Any]]
    diseases: list[str]
    is_basket: bool
    immune_mediated: bool
    malignant: bool
    transplant: bool
    healthy: bool
    findings: list[Finding]
    also_enrols_findings: list[Finding]

    @property
    def also_enrols(self) -> list[str]:
        """For car_t_profiles.also_enrols of a trial in scope."""
        flags = (("malignancy", self.malignant), ("healthy volunteers", self.healthy),
                 ("transplant", self.transplant))  # fmt: skip
        return [name for name, present in flags if present]


class Hit(NamedTuple):
    """A term found in a text: offsets into text.folded."""

    text: Text
    start: int
    end: int
    label: str
    guard: str


def diseases(texts: Sequence[Text], conditions_mesh: Iterable[str] = (), *, deep: bool = False) -> DiseaseResult:
    """What `texts` (a study's, see transforms.profile.reading.texts) say the trial treats.

    `conditions_mesh`: MeSH ids that the registry derived from the conditions; used only when no
    term is found. `deep`: also read summary, arms and inclusion criteria where conditions and
    titles name no single disease; needed for trials of CAR cells only.
    """
    accepted, enrolled = _diseases_named(tuple(text for text in texts if text.section in _TELLING_SET))
    told = list(accepted)
    malignant = any(f.value == "malignancy" for f in enrolled)
    known = {hit.label for hit in told}
    if deep and _leaves_open(told) and not (malignant and not known):
        told += _accepted(_hits(texts, _DESCRIBING), known)
        told += _accepted(_hits(texts, _CRITERIA), {hit.label for hit in told})
        if not told:
            told += _accepted(_hits(texts, ("detailed_description",)))
    enrols_class = _enrols_class(told)
    basket = enrols_class or len(_roots(told)) >= BASKET_FROM
    if not enrols_class:
        told = [hit for hit in told if not catalogue()[hit.label].is_basket]
    found = {hit.label: hit for hit in reversed(told)}
    ordered = list(dict.fromkeys(hit.label for hit in told))
    findings = [_finding(found[label]) for label in ordered]
    sources = {label: _SOURCES[found[label].text.section] for label in ordered}
    if not ordered:
        ordered, findings = _from_mesh(conditions_mesh)
        sources = dict.fromkeys(ordered, "condition")
    return _result(ordered, sources, findings, basket, enrolled)


@cached_rule_of_texts
def _diseases_named(telling: tuple[Text, ...]) -> tuple[tuple[Hit, ...], tuple[Finding, ...]]:
    """The diseases that the telling texts name, and who else they say is enrolled."""
    together = "\n".join([text.folded for text in telling])  # most studies end here: one scan of it
    hits = _accepted(_hits(telling, TELLING)) if _pattern().search(together) else []
    return tuple(hits), tuple(populations(telling, together))


def _result(
    ordered: list[str], sources: dict[str, str], findings: list[Finding], basket: bool,
    enrolled: Sequence[Finding],
) -> DiseaseResult:  # fmt: skip
    if not ordered and not enrolled:
        return DiseaseResult([], [], basket, False, False, False, False, [], [])
    by_label = {finding.value: finding for finding in findings}
    names: list[str] = []
    for label in ordered:
        for name in (label, *ancestors(label)):
            if name not in names:
                names.append(name)
            if name not in by_label:
                by_label[name] = by_label[label]._replace(value=name, rule_id="disease.parent")
                sources[name] = sources[label]
                findings.append(by_label[name])
    population = {finding.value for finding in enrolled}
    # Cancer trials of donor cells list graft-versus-host disease as the harm to look for.
    only_gvhd = set(names) <= {"graft-versus-host disease"} and "malignancy" in population
    return DiseaseResult(
        rows=[disease_row(name, sources[name]) for name in names],
        diseases=names,
        is_basket=basket,
        immune_mediated=bool(names) and not only_gvhd,
        malignant="malignancy" in population,
        transplant="transplant" in population,
        healthy="healthy volunteers" in population,
        findings=findings,
        also_enrols_findings=list(enrolled),
    )


def named_in(text: Text) -> list[tuple[str, int, int]]:
    """The single diseases that one text names and where, in its order; short forms count, since the record has them."""
    sure = [hit for hit in _hits_in(text) if hit.label != NOT_A_DISEASE
            and (_holds(hit) or (hit.guard in ("short", "list") and _is_written_short(hit)))]  # fmt: skip
    return [(hit.label, hit.start, hit.end) for hit in sure if not catalogue()[hit.label].is_basket]


def disease_row(name: str, source: str) -> dict[str, Any]:
    """The row of trial_diseases (without nct_id) of a canonical name."""
    disease = catalogue()[name]
    return {"disease": name, "parent_disease": disease.parent, "disease_group": disease.group,
            "mesh_id": disease.mesh_id, "source": source}  # fmt: skip


def _finding(hit: Hit) -> Finding:
    return quote(hit.text, hit.start, hit.end, "diseases", hit.label,
                 f"disease.{_SOURCES[hit.text.section]}")  # fmt: skip


def _from_mesh(conditions_mesh: Iterable[str]) -> tuple[list[str], list[Finding]]:
    labels = [_mesh()[mesh_id] for mesh_id in conditions_mesh if mesh_id in _mesh()]
    labels = list(dict.fromkeys(labels))
    return labels, [structure("diseases", label, "disease.mesh", "conditionBrowseModule") for label in labels]


def _roots(told: list[Hit]) -> set[str]:
    """The unrelated single diseases among `told`."""
    labels = {hit.label for hit in told}
    return {(ancestors(label) or (label,))[-1] for label in labels if not catalogue()[label].is_basket}


def _leaves_open(told: list[Hit]) -> bool:
    """Whether conditions and titles name no single disease, or a title speaks of a class of them."""
    roots = _roots(told)
    class_in_title = any(catalogue()[h.label].is_basket and h.text.section in _TITLES for h in told)
    return not roots or (class_in_title and len(roots) == 1)


def _enrols_class(told: list[Hit]) -> bool:
    roots = _roots(told)
    if len(roots) >= _CLASS_BESIDE:
        return True
    classes = [hit for hit in told if catalogue()[hit.label].is_basket]
    if any(hit.text.section in _TITLES for hit in classes):
        return True
    # "Autoimmune Diseases" beside the one disease that the title names is only a heading.
    return bool(classes) and not (roots and any(
        hit.text.section in _TITLES for hit in told if not catalogue()[hit.label].is_basket))  # fmt: skip


# ---- finding terms ----

_NEGATED = re.compile(
    r"\b(?:no|not|without|exclud\w+|except|other than|rule out|family history of|unrelated to|secondary to"
    r"|caused by|induced by)\b[^.;:\n]{0,40}$"
)
_JOINS = re.compile(r"[\s,;/&()、，+.*\\\d\-]*(?:and/or|and|or|with|as well as)?[\s,;/&()、，+.*\\\d\-]*")
_ADJECTIVES = re.compile(
    r"\b(?:refractory|relapsed|relapsing|recurrent|active|severe|moderate|progressive|primary|secondary|adult"
    r"|pediatric|generali[sz]ed|chronic|r/r|rr|and|or|to|patients?|with)\b|[\s/()*,.-]+"
)


def _hits(texts: Sequence[Text], sections: Sequence[str]) -> list[Hit]:
    found = [hit for text in texts if text.section in sections for hit in _hits_in(text)]
    if len(sections) > 1:
        rank = {section: place for place, section in enumerate(sections)}
        found.sort(key=lambda hit: rank[hit.text.section])
    return found


@cached_rule
def _hits_in(text: Text) -> tuple[Hit, ...]:
    folded, found = text.folded, []
    prose = len(folded) > 300
    for match in islice(_pattern().finditer(folded), MOST_HITS):
        label, guard = _meaning(match.group())
        negated = prose and _NEGATED.search(folded, max(0, match.start() - 60), match.start())
        if not negated and not (text.section in _PROSE and is_reported(folded, match.start())):
            found.append(Hit(text, match.start(), match.end(), label, guard))
    return tuple(found)


def _accepted(hits: list[Hit], known: Iterable[str] = ()) -> list[Hit]:
    """`hits` whose guard holds. Short forms need company: RA is an atrium elsewhere."""
    sure = [hit for hit in hits if hit.label != NOT_A_DISEASE and _holds(hit)]
    if len(sure) == len(hits):
        return sure
    accepted, company = set(sure), bool(sure) or bool(list(known))
    pending = [hit for hit in hits if hit.guard in ("short", "list") and company and _is_written_short(hit)]
    for hit in pending:
        if hit.guard == "short" and hit.text.section in ("condition", "keyword") and _is_whole_entry(hit):
            accepted.add(hit)
    for _ in range(2):  # forwards along a list, then backwards
        for hit in pending:
            if hit not in accepted and any(_stand_together(hit, other) for other in (*accepted, *pending)):
                accepted.add(hit)
        pending.reverse()
    return [hit for hit in hits if hit in accepted]


def _holds(hit: Hit) -> bool:
    if hit.guard == "":
        return True
    if hit.guard == "case":
        return _is_written_short(hit)
    if hit.guard == "title":
        return hit.text.section in ("condition", *_TITLES)
    return hit.guard == "entry" and hit.text.section in ("condition", "keyword") and _is_whole_entry(hit)


def _is_written_short(hit: Hit) -> bool:
    given = hit.text.text[hit.text.start + hit.start : hit.text.start + hit.end]
    return sum(character.isupper() for character in given) >= 2


def _is_whole_entry(hit: Hit) -> bool:
    rest = hit.text.folded[: hit.start] + hit.text.folded[hit.end :]
    return len(rest) < 60 and not _ADJECTIVES.sub("", rest)


def _stand_together(one: Hit, other: Hit) -> bool:
    if one.text != other.text or one.start == other.start:
        return False
    first, second = (one, other) if one.start < other.start else (other, one)
    between = one.text.folded[first.end : second.start]
    return len(between) <= 16 and bool(_JOINS.fullmatch(between))


# ---- vocabulary ----


@cache
def catalogue() -> dict[str, Disease]:
    """diseases.csv by name. Raises VocabularyError naming the line."""
    path = FOLDER / "diseases.csv"
    found: dict[str, Disease] = {}
    entries = rows("diseases", ("disease", "parent_disease", "disease_group", "mesh_id", "is_basket"))
    for row in entries:
        if not row["disease"] or row["disease"] in found:
            raise VocabularyError(path, row.line, f"the disease {row['disease']!r} is empty or stands twice")
        found[row["disease"]] = Disease(row["disease"], row["parent_disease"] or None, row["disease_group"],
                                        row["mesh_id"] or None, row["is_basket"] == "1")  # fmt: skip
    for row in entries:
        if row["parent_disease"] and row["parent_disease"] not in found:
            problem = f"the parent {row['parent_disease']!r} has no line of its own"
            raise VocabularyError(path, row.line, problem)
    return found


@cache
def ancestors(disease: str) -> tuple[str, ...]:
    """The diseases that `disease` is a form of, nearest first."""
    parent = catalogue()[disease].parent
    return () if parent is None else (parent, *ancestors(parent))


@cache
def _mesh() -> dict[str, str]:
    return {d.mesh_id: d.disease for d in catalogue().values() if d.mesh_id and not d.is_basket}


@cache
def _terms() -> dict[str, tuple[str, str]]:
    """Key of a term (a final * kept) -> label, guard. Raises VocabularyError naming the line."""
    path = FOLDER / "disease_terms.csv"
    found: dict[str, tuple[str, str]] = {}
    for row in rows("disease_terms", ("term", "label", "guard")):
        key, meaning = word_tree.key(fold(row["term"])), (row["label"], row["guard"])
        if not key or row["guard"] not in GUARDS:
            raise VocabularyError(path, row.line, f"the term is empty or its guard is none of {GUARDS}")
        if row["label"] != NOT_A_DISEASE and row["label"] not in catalogue():
            raise VocabularyError(path, row.line, f"the label {row['label']!r} has no line in diseases.csv")
        if found.setdefault(key, meaning) != meaning:
            raise VocabularyError(path, row.line, f"the term {row['term']!r} has two labels; keep one")
    return found


def _meaning(matched: str) -> tuple[str, str]:
    found: tuple[str, str] = word_tree.look_up(matched, _terms())
    return found


@cache
def _pattern() -> re.Pattern[str]:
    return word_tree.compiled(fold(row["term"]) for row in rows("disease_terms", ("term", "label", "guard")))
