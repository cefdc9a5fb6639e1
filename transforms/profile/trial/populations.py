"""Who a trial enrols besides patients with an immune-mediated disease."""

from __future__ import annotations

import re
from collections.abc import Sequence

from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.texts import Text

# The sections that say whom a trial treats, most telling first.
TELLING = ("condition", "brief_title", "official_title", "arm_label")

_MALIGNANCY = re.compile(
    r"\b(?:cancers?|carcinoma\w*|adenocarcinoma\w*|lymphomas?|leuka?emi[ac]s?|myelomas?"
    r"|tumou?rs?(?! necrosis)|gliomas?|glioblastomas?|sarcomas?|\w{3,20}sarcomas?|\w{2,20}blastomas?"
    r"|neoplasms?|neoplas(?:ia|tic)|malignanc(?:y|ies)|malignant|melanomas?|mesotheliomas?|macroglobulina?emia|ependymomas?"
    r"|hodgkin|b-all|b-nhl|dlbcl|metasta(?:sis|ses|tic)|plasmacytomas?|myelodysplas\w+)\b"
)
_NOT_MALIGNANCY = re.compile(r"(?:\bnon-? ?|\banti-? ?|\bpre-? ?|\bno |\bwithout |\bof )$")
_HEALTHY = re.compile(
    r"\bhealthy (?:adult |human |male |female )?(?:volunteers?|participants?|subjects?|adults|controls?)\b"
)
_TRANSPLANT = re.compile(
    r"\b(?:(?:kidney|renal|liver|heart|lung|organ|islet|pancreas) transplant\w*|transplant recipients?"
    r"|transplant candidates?|desensiti[sz]ation|(?:antibody-mediated|graft|allograft|transplant) rejection"
    r"|(?:hla|highly)[ -]sensiti[sz]ed)\b"
)
# The stems are a cheap look before the expression.
_POPULATIONS = (
    ("malignancy", _MALIGNANCY, (
        "cancer", "carcinom", "lymphom", "leuk", "myelom", "tumo", "gliom", "sarcom", "blastom", "neoplas",
        "malignan", "melanom", "mesothel", "macroglob", "ependym", "hodgkin", "b-all", "b-nhl", "dlbcl",
        "metasta", "plasmacyt", "myelodys")),
    ("healthy volunteers", _HEALTHY, ("healthy ",)),
    ("transplant", _TRANSPLANT, ("transplant", "desensiti", "rejection", "sensiti")),
)  # fmt: skip


def populations(telling: Sequence[Text], together: str) -> list[Finding]:
    """Who the conditions, titles and arm labels name besides; one finding each."""
    found = []
    for value, pattern, stems in _POPULATIONS:
        if any(map(together.__contains__, stems)):
            finding = _population(telling, value, pattern, stems)
            if finding:
                found.append(finding)
    return found


def _population(
    telling: Sequence[Text], value: str, pattern: re.Pattern[str], stems: tuple[str, ...]
) -> Finding | None:
    for section in TELLING:
        for text in telling:
            if text.section != section or not any(map(text.folded.__contains__, stems)):
                continue
            for match in pattern.finditer(text.folded):
                before = text.folded[max(0, match.start() - 9) : match.start()]
                if value != "malignancy" or not _NOT_MALIGNANCY.search(before):
                    rule = f"also_enrols.{value.replace(' ', '_')}"
                    return quote(text, match.start(), match.end(), "also_enrols", value, rule)
    return None
