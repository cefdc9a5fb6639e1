"""Who sponsors a trial: one name for its many spellings, what kind it is, whether industry takes part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from transforms.profile.reading.findings import Finding, structure
from transforms.profile.reading.texts import fold
from transforms.profile.reading.vocabulary import FOLDER, VocabularyError, rows

TYPES = ("industry", "academic", "government", "person", "other")
# What the words of a name tell: hospital, also university.
KINDS = ("hospital", "institution", "company", "government", "body")

_GOVERNMENT_CLASSES = ("NIH", "FED", "OTHER_GOV")
_COMPANY_FORM = re.compile(
    r"[,\s]+(?:co\.?,? ?ltd\.?|co\.?,? limited|inc\.?|incorporated|llc\.?|l\.l\.c\.|ltd\.?|limited|gmbh|ag|se"
    r"|s\.?a\.?s?\.?|n\.?v\.?|b\.?v\.?|plc|pty|corp\.?|corporation|company|co\.|pte|a/s|srl|s\.p\.a\.)[\s.,]*$",
    re.IGNORECASE,
)
_DEGREES = re.compile(
    r"[,，\s]+(?:m\.?d\.?|ph\.?d\.?|d\.?o\.?|d\.?c\.?|mbbs|msc?|prof\.?)(?![a-z])[\s.,，]*", re.IGNORECASE
)
_TITLES_BEFORE = re.compile(r"^(?:prof(?:essor)?\.?|dr\.?|med\.?)\s+", re.IGNORECASE)
_PERSON = re.compile(r"[^\W\d_][^\d@&/()]{2,40}")


class Sponsor(NamedTuple):
    """A sponsor's one name and its kind, with the rule that gave the kind."""

    canonical: str
    sponsor_type: str
    rule_id: str


def sponsor(study: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """sponsor_canonical, sponsor_type, industry_involved for table trials, and their reasons.

    A trial without a lead sponsor gives None for each. `industry_involved` is true when the lead or
    a collaborator is a company.
    """
    protocol = study.get("protocolSection")
    module = protocol.get("sponsorCollaboratorsModule") if isinstance(protocol, dict) else None
    lead = module.get("leadSponsor") if isinstance(module, dict) else None
    if not isinstance(module, dict) or not isinstance(lead, dict) or not _word(lead, "name"):
        nothing = {"sponsor_canonical": None, "sponsor_type": None, "industry_involved": None}
        return nothing, []
    party = module.get("responsibleParty")
    alone = isinstance(party, dict) and party.get("type") == "SPONSOR_INVESTIGATOR"
    found = judge(_word(lead, "name"), _word(lead, "class"), alone)
    company = "trials.lead_sponsor" if found.sponsor_type == "industry" else _company(module)
    values = {"sponsor_canonical": found.canonical, "sponsor_type": found.sponsor_type,
              "industry_involved": company is not None}  # fmt: skip
    findings = [
        structure("sponsor_canonical", found.canonical, "sponsor.name", "trials.lead_sponsor"),
        structure("sponsor_type", found.sponsor_type, found.rule_id, "trials.lead_sponsor"),
    ]
    if company:
        findings.append(structure("industry_involved", "true", "sponsor.company", company))
    return values, findings


def _word(parent: Mapping[str, Any], name: str) -> str:
    value = parent.get(name)
    return value.strip() if isinstance(value, str) else ""


def _company(module: Mapping[str, Any]) -> str | None:
    """Field path of the first collaborator that is a company."""
    collaborators = module.get("collaborators")
    for number, item in enumerate(collaborators if isinstance(collaborators, list) else [], 1):
        name = _word(item, "name") if isinstance(item, dict) else ""
        if name and judge(name, _word(item, "class")).sponsor_type == "industry":
            return f"trial_collaborators.collaborator[{number}]"
    return None


@lru_cache(maxsize=8192)
def judge(name: str, sponsor_class: str = "", sponsor_investigator: bool = False) -> Sponsor:
    """The sponsor `name` of registry class `sponsor_class` by its one name and its kind.

    The registry's class OTHER holds hospitals, companies and persons alike: the words of the name
    tell them apart. Classes of government include hospitals that a state runs: academic.
    """
    listed = _listed().get(_key(name))
    if listed:
        return Sponsor(listed[0], listed[1], "sponsor.listed")
    kind, rule = _kind(name, sponsor_class, sponsor_investigator, _kinds(fold(name)))
    return Sponsor(_canonical(name, kind), kind, rule)


def _kinds(folded: str) -> set[str]:
    """The kinds of institution whose words the name holds."""
    whole, inside = _words()
    words = [word.strip(".") for word in re.findall(r"[^\s,;()]+", folded)]
    found = {whole[word] for word in words if word in whole}
    return found | {label for term, label in inside if term in folded}


def _kind(name: str, sponsor_class: str, alone: bool, kinds: set[str]) -> tuple[str, str]:
    if _TITLES_BEFORE.match(name) and not kinds:
        return "person", "sponsor.person"
    if sponsor_class == "INDUSTRY":
        # Private hospitals are registered as industry; they make nothing.
        hospital = "hospital" in kinds and "company" not in kinds
        return ("academic", "sponsor.hospital") if hospital else ("industry", "sponsor.class")
    if sponsor_class in _GOVERNMENT_CLASSES:
        hospital = "hospital" in kinds and sponsor_class == "OTHER_GOV"
        if "company" in kinds and not hospital and sponsor_class == "OTHER_GOV":
            return "industry", "sponsor.company"
        return ("academic", "sponsor.hospital") if hospital else ("government", "sponsor.class")
    if sponsor_class == "INDIV":
        return "person", "sponsor.class"
    for word, kind in (("hospital", "academic"), ("company", "industry"), ("institution", "academic"),
                       ("government", "government"), ("body", "other")):  # fmt: skip
        if word in kinds:
            return kind, f"sponsor.{word}"
    if sponsor_class == "NETWORK":
        return "other", "sponsor.class"
    words = name.split()
    if alone or (len(words) <= 5 and _PERSON.fullmatch(name)) or ";" in name:
        return "person", "sponsor.person"
    return "other", "sponsor.unknown"


def _canonical(name: str, kind: str) -> str:
    if kind == "person":
        for _ in range(3):
            name = _TITLES_BEFORE.sub("", _DEGREES.sub(" ", f"{name} ").strip(" ,，"))
        return name.title() if name.isupper() or name.islower() else " ".join(name.split())
    name = re.sub(r"^the\s+", "", " ".join(name.split()), flags=re.IGNORECASE)
    if kind == "industry":
        for _ in range(3):
            name = _COMPANY_FORM.sub("", name)
    else:
        name = re.sub(r",\s*China$", "", name)
    return name


def _key(name: str) -> str:
    folded = re.sub(r"^the\s+", "", fold(name).strip())
    for _ in range(3):
        folded = _COMPANY_FORM.sub("", folded)
    return re.sub(r"[^a-z0-9]+", " ", folded.replace("'", "")).strip()


@cache
def _words() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """sponsor_words.csv: whole words, and what is looked for anywhere (terms with * or of two words)."""
    path = FOLDER / "sponsor_words.csv"
    whole: dict[str, str] = {}
    inside: list[tuple[str, str]] = []
    for row in rows("sponsor_words", ("term", "label")):
        term = fold(row["term"])
        if not term.strip("*") or row["label"] not in KINDS:
            problem = f"the term is empty or {row['label']!r} is none of {KINDS}"
            raise VocabularyError(path, row.line, problem)
        if term.startswith("*") or " " in term:
            inside.append((term.strip("*"), row["label"]))
        elif whole.setdefault(term, row["label"]) != row["label"]:
            raise VocabularyError(path, row.line, f"{row['term']!r} has two labels; keep one")
    return whole, inside


@cache
def _listed() -> dict[str, tuple[str, str]]:
    """sponsors.csv by key. Raises VocabularyError naming the line."""
    path = FOLDER / "sponsors.csv"
    found: dict[str, tuple[str, str]] = {}
    for row in rows("sponsors", ("term", "label", "sponsor_type")):
        if not row["term"] or not row["label"] or row["sponsor_type"] not in TYPES:
            raise VocabularyError(path, row.line, f"give a term, a label and one of {', '.join(TYPES)}")
        meaning = (row["label"], row["sponsor_type"])
        if found.setdefault(_key(row["term"]), meaning) != meaning:
            raise VocabularyError(path, row.line, f"{row['term']!r} has two labels; keep one")
    return found
