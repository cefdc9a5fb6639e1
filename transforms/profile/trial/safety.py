"""The harms that the outcomes look for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule_of_texts
from transforms.profile.reading.texts import Text

# Thrombocytopenia and anaemia are also diseases that are treated: they count in the company of another.
_HARMS = (
    ("CRS", re.compile(r"\bcytokines?[ -]releas\w*[ -](?:syndrome|storm)|\bcytokine storm|\bcrs\b"),
     ("crs", "cytokine")),
    ("ICANS", re.compile(
        r"\bicans\b|\bimmune effector cell[- ]{1,2}associated neuro\w*"
        r"|\bcar[- ]t[- ]?(?:cell)?[- ]?related encephalopathy|\bcres\b"),
     ("icans", "immune effector", "cres", "enceph")),
    ("neurotoxicity", re.compile(r"(?<!associated )\bneurotoxic\w*|\bneurologic(?:al)? toxic\w*"),
     ("neurotox", "neurologic")),
    ("cytopenia", re.compile(
        r"\b(?:prolonged |persistent |late |refractory )?(?<!immune )(?<!autoimmune )cytopenias?\b"
        r"|\bpancytopenia"
        r"|\bneutropeni\w*|\bha?ematolog(?:ic|ical) toxic\w*|\bbone marrow (?:suppression|toxicity|failure)"
        r"|\bmyelosuppression|\bleu[kc]openia|\bagranulocytosis"),
     ("cytopenia", "neutropeni", "hematolog", "marrow", "myelosup", "openia", "haematolog",
      "agranul")),
    ("ICAHT", re.compile(r"\bicahts?\b|\bimmune effector cell[- ]{1,2}associated ha?emat\w*"),
     ("icaht", "immune effector")),
    ("infection", re.compile(
        r"\b(?:opportunistic )?infections?\b|\binfectious (?:disease )?complication|\bsepsis\b"),
     ("infecti", "sepsis")),
    ("hypogammaglobulinaemia", re.compile(
        r"\bhypo-?gamma-?globulina?emia|\bagammaglobulina?emia|\bhypo-?immunoglobulina?emia"
        r"|\blow immunoglobulin|\bimmunoglobulin (?:deficiency|replacement)"),
     ("globulina", "globuline", "immunoglobulin")),
    ("second malignancy", re.compile(
        r"\b(?:second(?:ary)?|new|subsequent)(?: primary)?(?: or recurrent)?(?: hematologic(?:al)?)?"
        r" (?:malignan\w+|cancers?|neoplas\w+|tumou?rs?)"
        r"|\btumou?rigen\w+|\binsertional (?:mutagenesis|oncogenesis)"),
     ("malignan", "cancer", "neoplas", "tumo", "insertional")),
    ("T-cell malignancy", re.compile(r"\b(?:car[- ])?t[- ]cell (?:malignan\w+|lymphomas?|leuk\w+|neoplas\w+)"),
     ("t-cell", "t cell")),
    ("HLH", re.compile(
        r"(?<!like )\bhlh\b(?![ -]like)|\bha?emophagocytic (?:lympho-?histiocytosis|syndrome)(?![ -]like)"
        r"|\bmacrophage activation syndrome\b"), ("hlh", "emophagocytic", "macrophage")),
    ("IEC-HS", re.compile(r"\biec-?hs\b|\bhlh[ -]like|\bimmune effector cell[- ]{1,2}associated h(?:a)?emophag\w*"
                          r"|\bha?emophagocytic lympho-?histiocytosis[ -]like"), ("iec", "like", "immune effector")),
    ("LICATS", re.compile(r"\blicats?\b|\blocal immune effector cell"), ("licat", "local immune")),
    ("GVHD", re.compile(r"\ba?c?gvhd\b|\bgraft[- ]versus[- ]host"), ("gvhd", "graft")),
    ("infusion reaction", re.compile(
        r"\binfusion(?:[- ]related)? (?:toxic\w+|reactions?)|\birrs?\b|\binfusion[- ]related adverse"),
     ("infusion", "irr")),
    ("death", re.compile(
        r"\b(?:number|incidence|rate|proportion|percentage|frequency|occurrence|causes?) of (?:[\w\-]+ ){0,4}?deaths?\b"
        r"|\b(?:leading to|resulting in|result in|lead to) (?:\w+ )?death\b|\bdeaths\b"
        r"|\b(?:all[- ]cause|related) deaths?\b|\bmortality\b|\bfatal (?:adverse|event|t?e?ae|serious)\w*"),
     ("death", "mortality", "fatal")),
)  # fmt: skip
_OUTCOMES = frozenset({"outcome_measure", "outcome_description"})
# An outcome of disease: infection of the host cell, absence of infection as eligibility.
# "time until progression or death" is survival, "response of chronic GVHD" that of the disease treated
_NOT_A_HARM = re.compile(
    r"\b(?:time|surviv\w+|until|progression)\b[^.;\n]{0,60}$"
    r"|\b(?:respon\w+|remissions?|improvement) (?:of|in|to) (?:[\w\-]+ ){0,3}$"
    r"|\b(?:no|without|absence of|exclud\w+|except\w*|other than|multiplicity of)\b[^.;\n]{0,30}$"
)
# "DLT: life-threatening haematological toxicity" says what counts as one, not what is counted.
_DEFINED = re.compile(
    r"(?:\bdlts?\b|dose[ -]limiting toxicit\w+)[\s\"')]{0,3}"
    r"(?::|(?:(?:is|are|was|were|will be|has been|have been)\s)?(?:\w+ )?defin\w+"
    r"|(?:is|are) (?:any|considered)|except\w*|refers? to|means?\b)"
    r".*$", re.DOTALL,
)  # fmt: skip
_DEFINITION = 1500  # characters that a definition may take


def safety_outcomes(texts: Sequence[Text]) -> tuple[list[str], list[Finding]]:
    """Values for car_t_profiles.safety_outcomes in the order of the schema, and their reasons."""
    findings = _findings(tuple(text for text in texts if text.section in _OUTCOMES))
    return [finding.value for finding in findings], list(findings)


@cached_rule_of_texts
def _findings(outcomes: tuple[Text, ...]) -> tuple[Finding, ...]:
    together = "\n".join([text.folded for text in outcomes])
    starts = list(accumulate((len(text.folded) + 1 for text in outcomes), initial=0))
    findings = []
    for value, pattern, stems in _HARMS:
        holding = sorted({bisect_right(starts, place) - 1 for place in _places(together, stems)})
        finding = _first([outcomes[number] for number in holding], value, pattern)
        if finding:
            findings.append(finding)
    return tuple(findings)


def _places(together: str, stems: Sequence[str]) -> Iterator[int]:
    for stem in stems:
        place, looked = together.find(stem), 0
        while place >= 0 and looked < 200:
            yield place
            place, looked = together.find(stem, place + 1), looked + 1


def _first(outcomes: Sequence[Text], value: str, pattern: re.Pattern[str]) -> Finding | None:
    for text in outcomes:
        for match in pattern.finditer(text.folded):
            if not _is_refused(text.folded, match.start()):
                return quote(text, match.start(), match.end(), "safety_outcomes", value,
                             f"safety.{value.replace(' ', '_')}")  # fmt: skip
    return None


def _is_refused(folded: str, start: int) -> bool:
    """Whether the words before say that the harm is none to look for: refused, excepted, or part of a definition."""
    if _NOT_A_HARM.search(folded[max(0, start - 40) : start]):
        return True
    return bool(_DEFINED.search(folded[max(0, start - _DEFINITION) : start]))
