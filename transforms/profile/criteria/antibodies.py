"""Autoantibodies that must be there, with the titre that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.profile.criteria.row import Criterion, criterion
from transforms.profile.criteria.statements import Statement

_ANTIBODIES = (
    ("ANA", r"\banas?\b|anti-? ?nuclear antibod\w+"),
    ("anti-dsDNA", r"anti-?\s?ds-?\s?dna|anti-? ?double[ -]stranded dna|\bdsdna\b|anti-dna antibod\w+"),
    ("anti-Sm", r"anti-? ?sm\b|anti-? ?smith\b"),
    ("anti-SSA", r"anti-? ?ssa\b|anti-? ?ro\b|ssa/ro"), ("anti-SSB", r"anti-? ?ssb\b|anti-? ?la\b"),
    ("antiphospholipid", r"anti-?phospholipid antibod\w+|anti-?cardiolipin|lupus anticoagulant|anti-?β2|anti-?beta-?2"),
    ("AChR", r"\bachr\b|achr-ab|acetylcholine receptor"), ("MuSK", r"\bmusk\b|musk-ab"
        r"|muscle[- ]specific (?:tyrosine )?kinase"),
    ("LRP4", r"\blrp-?4\b"), ("AQP4", r"\baqp-?4\b|aquaporin-?4"), ("MOG", r"\bmog\b|mog-igg|myelin oligodendrocyte"),
    ("PR3-ANCA", r"\bpr3\b|pr3-anca|proteinase 3|c-anca"), ("MPO-ANCA", r"\bmpo\b|mpo-anca|myeloperoxidase|p-anca"),
    ("ANCA", r"(?<!pr3-)(?<!mpo-)(?<!p-)(?<!c-)\banca\b(?! ?-?(?:associated|related))"
             r"|anti-?neutrophil cytoplasmic antibod\w+(?! ?-?associated)"),
    ("anti-Scl-70", r"anti-? ?scl-? ?70|anti-?topoisomerase"), ("anti-RNA polymerase III", r"rna polymerase iii"),
    ("anti-centromere", r"anti-?centromere"), ("anti-Jo-1", r"anti-? ?jo-? ?1"), ("anti-MDA5", r"anti-? ?mda-? ?5"),
    ("anti-SRP", r"anti-? ?srp\b"), ("anti-HMGCR", r"anti-? ?hmgcr\b"),
    ("myositis antibodies", r"myositis[- ](?:specific|associated) (?:auto)?antibod\w+"),
    ("RF", r"\brheumatoid factor\b|\brf\b"), ("ACPA", r"\bacpa\b|anti-?ccp|anti-?citrullinated"
        r"|anti-?cyclic citrullinated"),
    ("anti-Dsg3", r"anti-? ?(?:dsg-? ?3|desmoglein-? ?3)|desmoglein|\bdsg3\b"), ("anti-PLA2R", r"anti-? ?pla2r"
        r"|\bpla2r\b"),
    ("anti-GBM", r"anti-? ?gbm"), ("GAD65", r"\bgad-?65\b|anti-? ?gad\b"), ("LGI1", r"\blgi-?1\b"), ("NMDAR",
    r"\bnmdar\b|nmda receptor"),
    ("CASPR2", r"\bcaspr-?2\b"), ("TRAb", r"\btrab\b|tsh receptor antibod\w+"),
    ("autoantibody", r"\bauto-?antibod(?:y|ies)\b|disease[- ]related antibod\w+"),
)  # fmt: skip
_PATTERNS = tuple((name, re.compile(words)) for name, words in _ANTIBODIES)
_STEMS = ("posit", "document", "presence", "detect", "tit", "above", "1:", "1 :", "antibod")
_ASKED = re.compile(
    r"\bpositiv\w*|\bdocument\w+|\bpresence of|\bsero-?positiv\w*|\bdetect\w+|\btit(?:er"
    r"|re)\w* ?(?:of )?(?:is )?(?:≥|>=|>|1:)|\babove the uln|≥ ?1 ?: ?\d"
    r"|\b(?:elevated|increased|raised)\b[^.;]{0,60}antibod"
    r"|\bhistory of (?:\w+ )?antibod|\bhave\b[^.;]{0,40}antibod"
)
_TITRE = re.compile(r"(?P<sign>≥|>=|>|of|at least)? ?1 ?: ?(?P<value>\d{2,4})")
_REFUSED = re.compile(r"\b(?:negative|without|regardless|irrespective|or negative|seronegative)\b")
_NOT_ONE = re.compile(r"\b(?:hepatitis|hiv|syphilis|hbsag|hcv|hbv|ebv|cmv|pregnan\w+|decline|reduction|anti-?drug)\b")
_CHOICE = re.compile(r"\band/or\b|\bor\b|at least one|one of|any of|、|/")
# An antibody that only qualifies: "excluding points of low complement or anti-dsDNA".
_ASIDE = re.compile(r"\b(?:except|excluding|other than|for antibody-negative|score|points)\b")


def antibodies(statement: Statement) -> Iterator[Criterion]:
    """A row for each antibody that a statement of the inclusion criteria asks for."""
    folded, begin, end = statement.text.folded, statement.start, statement.end
    words = statement.words
    if (
        statement.side != "inclusion"
        or not any(map(words.__contains__, _STEMS))
        or not _ASKED.search(words)
        or _NOT_ONE.search(words)
        or _ASIDE.search(words)
    ):
        return
    found = sorted(
        (match.start(), match.end(), name)
        for name, pattern in _PATTERNS
        for match in pattern.finditer(folded, begin, end)
    )
    first: dict[str, tuple[int, int]] = {}
    for start, stop, name in found:
        if not _REFUSED.search(folded, max(begin, start - 20), start) and (
            name not in first
            or (_TITRE.search(folded, stop, min(end, stop + 20)) and not _TITRE.search(folded, *first[name]))
        ):
            first[name] = (start, stop)
    if len(first) > 1:
        first.pop("autoantibody", None)
    is_choice = len(first) > 1 and bool(_CHOICE.search(words))
    for number, (name, (start, stop)) in enumerate(first.items(), 1):
        titre = _TITRE.search(folded, stop, min(end, stop + 60))
        later = min((one[0] for other, one in first.items() if other != name and one[0] > stop), default=end)
        held = titre if titre and titre.start() < later else None
        value = float(held.group("value")) if held else None
        yield criterion(
            statement, start, held.end() if held else stop, "required_autoantibody", "antibody", subject=name,
            operator=(">" if held.group("sign") == ">" else ">=") if held else None, value=value,
            unit="titre" if held else None, eligible_min=value, min_inclusive=True if held else None,
            alternative_no=number if is_choice else statement.choice,
            is_conditional=is_choice or statement.choice is not None,
        )  # fmt: skip
