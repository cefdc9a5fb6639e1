"""The doses of CAR products that a record states, with unit, arm and schedule.

Cells are counted in powers of ten, written in many ways: 1×10^6, 1 x 10E6, 1.0E8, 10^6, and, where a
superscript was lost, 1 x 106. A range gives a row for each end; a list shares the unit of its last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.agents import agents_in
from transforms.profile.regimen.design import Design
from transforms.profile.regimen.schedules import OF_CELLS, schedule_in

_MANTISSA = r"\d{1,3}(?:[.,]\d{1,3})?"
_TO = r" ?(?:-|~|to|and|or) ?"
_NEXT = r"(?:, ?(?:and |or )?| ?、| ?/ ?| and | or )"
_POWER = r"10 ?(?:\\?\^ ?\{?\(?|\*\*|e\+?)? ?\(?(?P<power>\d{1,2})\)?\}?(?![\d.]*\d)"
_CELLS = re.compile(
    rf"(?<![\w.^])(?:"
    rf"(?P<list>(?:{_MANTISSA}{_NEXT}){{2,6}})?"
    rf"(?P<low>{_MANTISSA})(?:{_TO}(?P<high>{_MANTISSA}))? ?[x×*·∙•✕] ?{_POWER}"
    rf"|(?P<elow>{_MANTISSA})(?:{_TO}(?P<ehigh>{_MANTISSA}))? ?e\+?(?P<epower>\d{{1,2}})(?!\w)"
    # without a factor; behind "x" the factor is written in another way
    rf"|(?<![x×*·∙•✕])(?<![x×*·∙•✕] )10 ?\\?\^ ?\{{?(?P<bare>\d{{1,2}})\}}?(?!\d)"
    rf"|(?P<counts>(?:\d{{1,4}}(?:\.\d{{1,3}})?{_NEXT}){{2,6}})?(?P<count>\d{{1,4}}(?:\.\d{{1,3}})?)(?:{_TO}(?P<count2>\d{{1,4}}(?:\.\d{{1,3}})?))?"
    rf" ?(?P<word>million|billion)"
    rf"|(?P<plain>\d{{1,3}}(?:,\d{{3}}){{2,4}})(?![\d,])"
    rf")"
)
_MASS = re.compile(
    r"(?<![\w.^])(?P<low>\d{1,4}(?:\.\d{1,4})?)(?: ?(?:-|~|to) ?(?P<high>\d{1,4}(?:\.\d{1,4})?))?"
    r" ?(?P<unit>mg|[uµμ]g|mcg)(?P<per>(?: (?:of )?[a-z][\w\-]*){0,2} ?(?:/ ?|per )kg)?(?![\w/])"
)
_EXPONENTS = ("e5", "e6", "e7", "e8", "e9", "e10", "e 6", "e 7", "e 8", "e+")
_SCALES = {"million": 1e6, "billion": 1e9}

# What follows the number, up to the next number.
_PER_KG = re.compile(r"(?:/|\bper\b) ?(?:kg|kilogram)|\bkg ?\\?\^?-1|\bkg body")
_PER_M2 = re.compile(r"(?:/|\bper\b) ?(?:m\\?\^?2\b|square met)")
_VECTOR = re.compile(r"\b(?:tu|transducing units?|vg|vector genomes?|viral genomes?|vp|viral particles?|pfu)\b")
_NOT_CELLS = re.compile(
    r"[ ]?(?:cells? ?)?(?:/|per) ?(?:l|[uµμ]l|m?l|mm\\?\^?3|lit(?:er|re)|dl|well)\b|[ ]?(?:cop(?:y|ies)|iu"
    r"|units?|u)\b|[ ]?[%°]"
)
_MEASURED = re.compile(
    r"\b(?:platelets?|plt|neutrophils?|anc|wbc|leu[ck]ocytes?|alc|ha?emoglobin|counts?|collect\w*"
    r"|harvest\w*|cd34\+?"
    r"|copies|viral load|mononuclear cells?)\b[^.;\n]{0,30}$"
)
_IN_LIST = re.compile(
    r"[\s,;/&、，()]*(?:and/or|and|or|to|then|-|~|vs\.?|dl ?-?\d:?|dose level -?\d:?|level \d:?)?"
    r"[\s,;/&、，()]*"
)
_UNIT_END = re.compile(
    r"(?:/|\bper\b) ?(?:kg|kilogram|m\\?\^?2|square met\w*)(?: body ?weight| bw)?|\bcells?\b|\btregs?\b"
    r"|\bgdt\b|\bcar-?t\b"
)
_CALLED_DOSE = re.compile(r"\b(?:doses?|dosage|dl-?\d)\b[^.;\n\d]{0,25}$")
_SMALLEST, _LARGEST = 1e3, 5e12
MOST_DOSES = 60  # in one text

_ARMS = ("arm_label", "arm_description")
_ITEMS = ("intervention_name", "intervention_other_name", "intervention_description")
_HEAD = ("brief_title", "official_title", "model_description")
_PROSE = ("brief_summary", "detailed_description")
_OUTCOMES = ("outcome_measure", "outcome_description")  # "maximum tolerated dose: four levels, ..."
_WEAKER = (_PROSE, _OUTCOMES)
_DOSED = re.compile(r"\bdos(?:es?|ages?|ing)\b(?![ -]limiting)(?:[^.;\n]|\.(?=\d)){0,150}$")


class Dose(NamedTuple):
    """A dose in a text; offsets into text.folded."""

    amount: float
    unit: str | None
    text: Text
    start: int
    end: int
    low: float  # the range that it is an end of; the amount itself where it is none
    high: float


def doses(design: Design, texts: Sequence[Text]) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows for trial_doses (without nct_id), numbered, and a finding for each.

    Arms come first, then the products' interventions, then titles; summary and description only
    when those state none, and outcomes when nothing else does.
    """
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    in_vivo = any(product.cell_source == "in vivo" for product in design.products)
    for sections in (_ARMS, _ITEMS, _HEAD, *_WEAKER):
        if sections in _WEAKER and rows:
            break
        known = {(row["dose"], row["unit"], row["product_no"]) for row in rows}
        for text in texts:
            if text.section not in sections or not (in_vivo or _may_state(text)):
                continue
            product_no, arm_label, belongs = _whose(design, text)
            stated = _in_text(text, _is_in_vivo(design, product_no)) if belongs else ()
            elsewhere = _schedule_elsewhere(design, texts, product_no) if stated else None
            for dose in stated:
                if sections is _OUTCOMES and not _DOSED.search(text.folded[max(0, dose.start - 160) : dose.start]):
                    continue
                row = {"dose_no": len(rows) + 1, "product_no": product_no, "arm_label": arm_label,
                       "dose": dose.amount, "dose_min": dose.low, "dose_max": dose.high, "unit": dose.unit,
                       "dose_text": _words(dose), "schedule": schedule_in(text, dose.start) or elsewhere}  # fmt: skip
                if (dose.amount, dose.unit, product_no) in known or any(_same(row, other) for other in rows):
                    continue
                rows.append(row)
                value = f"{dose.amount:g} {dose.unit or ''}".strip()
                findings.append(quote(text, dose.start, dose.end, "dose", value, "dose.stated", product_no))
    return rows, findings


@cached_rule
def _may_state(text: Text) -> bool:
    """A cheap look: what fails it states no number of cells."""
    folded = text.folded
    if "10" in folded and ("^" in folded or "×" in folded or "x" in folded or "*" in folded or "·" in folded):
        return True
    return "illion" in folded or ",000," in folded or any(sign in folded for sign in _EXPONENTS)


def _words(dose: Dose) -> str:
    text = dose.text
    return " ".join(text.text[text.start + dose.start : text.start + dose.end].split())


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("product_no", "arm_label", "dose", "unit"))


def _whose(design: Design, text: Text) -> tuple[int | None, str | None, bool]:
    """(product, arm label) of the doses in a text, and whether they are a CAR product's at all."""
    only = design.products[0].product_no if len(design.products) == 1 else None
    lone_arm = design.arms[0].label if len(design.arms) == 1 else None
    number = text.number or 0
    if text.section in _ITEMS:
        items = [item for item in design.interventions if item.number == number]
        product = next((p.product_no for p in design.products if number in p.intervention_nos), None)
        labels = [arm.label for arm in design.arms if items and arm.number in items[0].arm_nos]
        return product, labels[0] if len(labels) == 1 else lone_arm, product is not None
    if text.section in _ARMS:
        arm = next((arm for arm in design.arms if arm.number == number), None)
        given = [p.product_no for p in design.products if number in p.arm_nos]
        belongs = arm is not None and arm.number in design.product_arms
        return given[0] if len(given) == 1 else only, arm.label if arm else None, belongs
    return only, lone_arm, True


def _is_in_vivo(design: Design, product_no: int | None) -> bool:
    return any(p.cell_source == "in vivo" for p in design.products if product_no in (p.product_no, None))


@cached_rule
def _in_text(text: Text, in_vivo: bool) -> tuple[Dose, ...]:
    return tuple(_stated_in(text, in_vivo))


def _stated_in(text: Text, in_vivo: bool) -> Iterator[Dose]:
    folded = text.folded
    sized = (match for match in _CELLS.finditer(folded) if _SMALLEST <= _amounts(match)[-1] <= _LARGEST)
    matches = list(islice(sized, MOST_DOSES))
    units = [_unit(folded, match, matches[place + 1].start() if place + 1 < len(matches) else len(folded))
             for place, match in enumerate(matches)]  # fmt: skip
    for place in range(len(matches) - 2, -1, -1):
        between = folded[matches[place].end() : matches[place + 1].start()]
        if units[place] is None and len(between) <= 40 and _IN_LIST.fullmatch(between):
            units[place] = units[place + 1]
    for place, (match, unit) in enumerate(zip(matches, units, strict=True)):
        before = folded[max(0, match.start() - 60) : match.start()]
        called = unit is None and match.group("power") and _CALLED_DOSE.search(before)
        if not (called or unit) or unit == "not cells" or _MEASURED.search(before):
            continue
        following = matches[place + 1].start() if place + 1 < len(matches) else len(folded)
        low, high = _range_of(match)
        for amount in _amounts(match):
            of = (low, high) if amount in (low, high) else (amount, amount)
            yield Dose(amount, unit, text, match.start(), _end(folded, match, following), *of)
    if "dose" in folded:
        yield from _tabled(text)
    if in_vivo:
        yield from _masses(text)


_TABLE = re.compile(
    rf"\bdoses?\b[^.;\n]{{0,40}}?(?<![\d.)])(?<![\d.)] )[x×] ?{_POWER}[^\d\n]{{0,30}}(?=\s\(?-?\d\\?[.:)|])"
)
_TABLE_ROW = re.compile(
    rf"[\s|;,]*(?:dl|level|dose level)? ?\(?-?\d\\?[.:)|]\s*(?P<amount>{_MANTISSA})(?![\d.]*\d)"
    rf"(?: ?\( ?{_MANTISSA} ?(?:-|~|to) ?{_MANTISSA} ?\))?"
)


def _tabled(text: Text) -> Iterator[Dose]:
    """Doses of a table whose head has power and unit: "Dose level, cells x10^6: 1. 0.5 (0.3-0.7) 2. 1.5"."""
    for head in _TABLE.finditer(text.folded):
        told = head.group()
        if not OF_CELLS.search(told):
            continue
        unit = "cells/kg" if _PER_KG.search(told) else "cells/m2" if _PER_M2.search(told) else "cells"
        row = _TABLE_ROW.match(text.folded, head.end())
        while row:
            amount = float(row.group("amount").replace(",", ".")) * 10.0 ** int(head.group("power"))
            if _SMALLEST <= amount <= _LARGEST:
                amount = float(f"{amount:.6g}")
                yield Dose(amount, unit, text, row.start("amount"), row.end(), amount, amount)
            row = _TABLE_ROW.match(text.folded, row.end())


def _amounts(match: re.Match[str]) -> tuple[float, ...]:
    """The doses of a match: one, or both ends of a range."""
    group = match.group
    if group("plain"):
        return (float(group("plain").replace(",", "")),)
    if group("bare"):
        return (10.0 ** int(group("bare")),)
    if group("word"):
        listed = re.findall(r"\d+(?:\.\d+)?", group("counts") or "")
        scale, ends = _SCALES[group("word")], (*listed, group("count"), group("count2"))
    elif group("epower"):
        scale, ends = 10.0 ** int(group("epower")), (group("elow"), group("ehigh"))
    else:
        # "1.0, 1.5 and 2 × 10^7": the factors share the power.
        listed = re.findall(_MANTISSA, group("list") or "")
        scale, ends = 10.0 ** int(group("power")), (*listed, group("low"), group("high"))
    return tuple(float(f"{float(end.replace(',', '.')) * scale:.6g}") for end in ends if end)


_RANGE = re.compile(r" ?(?:-|~|to) ?\d")


def _range_of(match: re.Match[str]) -> tuple[float, float]:
    """The ends of a range; the last amount twice where the words are none, or a choice ("1 or 3")."""
    amounts = _amounts(match)
    is_range = len(amounts) > 1 and any(
        match.group(low) and match.group(high) and _RANGE.match(match.string, match.end(low))
        for low, high in (("low", "high"), ("elow", "ehigh"), ("count", "count2"))
    )
    return (amounts[-2], amounts[-1]) if is_range else (amounts[-1], amounts[-1])


def _unit(folded: str, match: re.Match[str], following: int) -> str | None:
    """The unit said behind the number; None when none is, `not cells` for counts in blood and the like."""
    if _NOT_CELLS.match(folded, match.end()):
        return "not cells"
    window = folded[match.end() : min(following, match.end() + 90)]
    window = re.split(r"[;\n]|\.\s", window, maxsplit=1)[0]
    base = "transducing units" if _VECTOR.search(window) else "cells"
    if base == "cells" and not OF_CELLS.search(window):
        return None
    first_kg, first_m2 = _PER_KG.search(window), _PER_M2.search(window)
    if first_kg and not (first_m2 and first_m2.start() < first_kg.start()):
        return f"{base}/kg"
    return f"{base}/m2" if first_m2 else base


def _end(folded: str, match: re.Match[str], following: int) -> int:
    """Where the dose's words end: with its unit, when that stands close by."""
    last = match.end()
    for unit in _UNIT_END.finditer(folded, match.end(), min(following, match.end() + 70)):
        between = folded[last : unit.start()]
        if re.search(r"[;\n,:、，]|\.\s|\d{2}", between):
            break
        last = unit.end()
    return last


def _masses(text: Text) -> Iterator[Dose]:
    """Doses by weight, of vectors and particles that make CAR cells in the body."""
    for match in islice(_MASS.finditer(text.folded), MOST_DOSES):
        if agents_in(text.folded[max(0, match.start() - 60) : match.end() + 20]):
            continue
        unit = match.group("unit").replace("mcg", "µg").replace("ug", "µg").replace("μg", "µg")
        unit += "/kg" if match.group("per") else ""
        ends = [float(amount) for amount in (match.group("low"), match.group("high")) if amount]
        for amount in ends:
            yield Dose(amount, unit, text, match.start(), match.end(), ends[0], ends[-1])


def _schedule_elsewhere(design: Design, texts: Sequence[Text], product_no: int | None) -> str | None:
    """The first schedule said of a product, for texts that state a dose only."""
    for sections in (_ITEMS, _ARMS, _PROSE):
        for text in texts:
            schedule = schedule_in(text) if text.section in sections else None
            if schedule:
                number, _, belongs = _whose(design, text)
                if belongs and number == product_no:
                    return schedule
    return None
