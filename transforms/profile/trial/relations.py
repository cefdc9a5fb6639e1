"""The other trials that a record says it follows, extends, or gives expanded access for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from transforms.nct import NCT_ID
from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.sentences import around
from transforms.profile.reading.texts import Text

RELATIONS = ("follow_up_of", "extension_of", "expanded_access_for")

# A register of all recipients names some dozens; what comes behind is a list of something else.
MOST_NUMBERS = 100

_NCT = re.compile(r"\bnct[ :#-]{0,3}0?(\d{8})\b")
_EXTENDS = re.compile(
    r"\bextension (?:study|trial|protocol|phase of|of)|\bextended follow|\broll(?:ed|ing)?[ -]?over"
    r"|\bcontinuation (?:study|of)"
    r"|\bopen-label extension|\bole\b"
)
_FOLLOWS = re.compile(
    r"\blong[ -]term[ -]follow[ -]?up|\bltfu\b|\blong[ -]term (?:safety|monitoring|observation|study)"
    r"|\bfollow[ -]?up (?:study|trial|protocol)"
    r"|\b(?:previously|formerly) (?:\w+ ){0,3}(?:treated|enrolled|participated|received|dosed|infused"
    r"|administered|exposed)"
    r"|\b(?:treated|enrolled|participated|received|dosed|infused|exposed)\b[^.;\n]{0,60}\b(?:in|on|under"
    r"|from) (?:a |an |the |any )?"
    r"(?:previous|prior|parent|qualifying|feeder|treatment|interventional|primary|main|kite|novartis"
    r"|sponsor)[^.;\n]{0,40}(?:study|studies|trial|trials|protocol)"
    r"|\bparent (?:study|studies|trial|trials|protocol|treatment protocol)"
    r"|\bcompleted\b[^.;\n]{0,60}\b(?:study|trial)"
)
_ACCESS = re.compile(r"\bexpanded[ -]access|\bcompassionate use|\bnamed patient|\bearly access program")
# A number in passing: other work, or this product elsewhere.
_PASSING = re.compile(
    r"\b(?:similar|results? (?:of|from)|data (?:of|from)|published|as (?:reported|described|shown)"
    r"|previous(?:ly)? reported)\b"
)
# "Participants will then enter a separate follow-up study": the other trial follows this one.
_LEADS_TO = re.compile(
    r"\bseparate\b|\b(?:will|may|can|should|must|to) (?:\w+ )?(?:transition\w*|transfer\w*|enrol\w*"
    r"|enter\w*|invited"
    r"|offered|continue\w*|complete the|provided|roll\w*|asked)\b"
)
_THIS = re.compile(r"\b(?:this|the present|the current) (?:\w+ ){0,3}(?:study|trial|protocol|program|extension)\b")

_TITLES = ("brief_title", "official_title")
_TOLD = (
    *_TITLES, "brief_summary", "detailed_description", "inclusion", "eligibility_other", "arm_description",
    "intervention_description", "model_description", "arm_label", "intervention_name", "condition", "keyword",
)  # fmt: skip
_RANK = {section: place for place, section in enumerate(_TOLD)}
# "Patients who have received CAR-T" alone is a trial of something else in them.
_TITLE_FOLLOWS = re.compile(
    r"\blong[ -]term[ -]follow[ -]?up|\bltfu\b|\bfollow[ -]?up (?:study|trial|protocol) (?:of|for|in)\b"
    r"|\blong[ -]term\b[^.;\n]{0,100}\b(?:treated|received|receiving|recipients|previously|infused|exposed)\b"
)


def relations(study: Mapping[str, Any], texts: Sequence[Text]) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows for trial_relations (without nct_id), numbered, and a finding for each.

    A trial that follows recipients without giving a number has one row with related_nct_id None.
    """
    own = _own_number(study)
    expanded = _study_type(study) == "EXPANDED_ACCESS"
    ordered = sorted((text for text in texts if text.section in _RANK), key=lambda text: _RANK[text.section])
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    judged = 0
    for text in ordered:
        if "nct" not in text.folded:
            continue
        for match in _NCT.finditer(text.folded):
            number = f"NCT{match.group(1)}"
            if number == own or not NCT_ID.fullmatch(number) or any(row["related_nct_id"] == number for row in rows):
                continue
            judged += 1
            if judged > MOST_NUMBERS:
                break
            relation = _relation(ordered, text, match, expanded)
            if relation:
                _add(rows, findings, text, match.start(), match.end(), number, relation)
    if not rows:
        _unnumbered(ordered, expanded, rows, findings)
    return rows, findings


def _add(
    rows: list[dict[str, Any]], findings: list[Finding], text: Text, start: int, end: int, number: str | None,
    relation: str,
) -> None:  # fmt: skip
    finding = quote(text, start, end, "relation", relation, f"relation.{relation}")
    rows.append({"relation_no": len(rows) + 1, "related_nct_id": number, "relation": relation,
                 "matched_text": finding.matched_text})  # fmt: skip
    findings.append(finding)


def _relation(ordered: Sequence[Text], text: Text, match: re.Match[str], expanded: bool) -> str | None:
    """What the words around a number say, otherwise what the titles do."""
    if expanded:
        return "expanded_access_for"
    titled = _of_title(ordered)
    start, end = around(text.folded, match.start(), match.end())
    for piece in (text.folded[start:end], text.folded[max(0, start - 200) : end]):
        if _PASSING.search(piece) or (not titled and _LEADS_TO.search(piece) and not _THIS.search(piece)):
            return None
        for pattern, relation in ((_EXTENDS, "extension_of"), (_FOLLOWS, "follow_up_of"),
                                  (_ACCESS, "expanded_access_for")):  # fmt: skip
            if pattern.search(piece):
                return relation
    return titled


def _of_title(ordered: Sequence[Text]) -> str | None:
    for title in ordered:
        if title.section in _TITLES:
            if _EXTENDS.search(title.folded):
                return "extension_of"
            if _TITLE_FOLLOWS.search(title.folded):
                return "follow_up_of"
    return None


def _unnumbered(ordered: Sequence[Text], expanded: bool, rows: list[dict[str, Any]], findings: list[Finding]) -> None:
    for text in ordered:
        if text.section not in _TITLES:
            continue
        for pattern, relation in ((_ACCESS, "expanded_access_for"), (_EXTENDS, "extension_of"),
                                  (_TITLE_FOLLOWS, "follow_up_of")):  # fmt: skip
            match = pattern.search(text.folded)
            if match and (relation != "expanded_access_for" or expanded):
                _add(rows, findings, text, match.start(), match.end(), None, relation)
                return


def _protocol(study: Mapping[str, Any]) -> Mapping[str, Any]:
    protocol = study.get("protocolSection")
    return protocol if isinstance(protocol, Mapping) else {}


def _own_number(study: Mapping[str, Any]) -> str:
    module = _protocol(study).get("identificationModule")
    number = module.get("nctId") if isinstance(module, Mapping) else None
    return number if isinstance(number, str) else ""


def _study_type(study: Mapping[str, Any]) -> str:
    module = _protocol(study).get("designModule")
    kind = module.get("studyType") if isinstance(module, Mapping) else None
    return kind if isinstance(kind, str) else ""
