"""How patients are prepared for the cells: each agent with its dose, days and whether it is given to all.

Which agents prepare is decided by `transforms.profile.regimen.lymphodepletion`; here stands how much of each and when.
Another dose of the same agent is another regimen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import around
from transforms.profile.reading.texts import Text, fold
from transforms.profile.regimen.agents import Mention, agents_in, mentions
from transforms.profile.regimen.design import Design

TABLE = "trial_conditioning"
_SECTIONS = frozenset({"arm_label", "arm_description", "intervention_name", "intervention_other_name",
"intervention_description",
                       "brief_summary", "detailed_description", "model_description"})  # fmt: skip
_NUMBER = r"\d{1,4}(?:,\d{3})?(?:\.\d+)?"
_PER = r"(?:m ?\^? ?(?:2|²)|m²|kg|body surface area|bsa)"
_DAILY = r"(?: ?(?:/ ?(?:d\b|day|dose)|per day|daily|a day|qd\b|once (?:a day|daily)|every day|/24 ?h))"
_DOSE = re.compile(
    rf"(?P<low>{_NUMBER})(?: ?mg)?(?: ?(?:/ ?{_PER})?)?(?: ?(?:-|~|to|or) ?(?P<high>{_NUMBER}))? ?(?P<mass>mg"
    rf"|g)(?: ?(?:/|per) ?(?P<per>{_PER}))?"
    rf"(?P<daily>{_DAILY})?"
)
_MORE_DAILY = re.compile(
    r"[^.;\n]{0,40}?(?:/ ?day\b|\bper day\b|\bdaily\b|\bqd\b|\bonce (?:a day|daily)\b"
    r"|\beach day\b|\bx ?\d ?d|× ?\d ?d|\bfor \w+ (?:consecutive )?days)"
)
_DAY = re.compile(r"(?:\bdays?|\bd) ?\(?(?P<first>- ?\d{1,2}|minus \d{1,2})d?|\(?(?P<bare>- ?\d{1,2}) ?(?:to|,|~)")
_SIGNED = re.compile(r"(?:-|minus) ?(\d{1,2})\b")
_SPAN = re.compile(
    r"(?:- ?|minus )\d{1,2} ?\)?d? ?(?:to|through|till|until|~|–|--?)\s?(?:and including )?(?:days? ?"
    r"|d ?)?\(?(?:- ?|minus )?\d{1,2}"
)
_TIMES = re.compile(
    r"(?:\bfor|x|×|\*|,) ?(?:a total of )?(?P<number>\d|one|two|three|four|five)(?: consecutive)?(?: ?(?:days?"
    r"|doses?|d)\b)|(?P<first>three|two|\d) (?:consecutive )?(?:daily doses|days)"
)
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_TOTAL = re.compile(rf"\btotal (?:dose )?(?:of )?(?P<value>{_NUMBER}) ?mg")
_IF_NEEDED = re.compile(r"[^.;\n]{0,40}?\b(?:if|when|where|as) (?:necessary|needed|required|indicated)\b")
_OPTIONAL = re.compile(
    r"\boptional(?:ly)?\b|\bwith or without\b|\bmay (?:also )?(?:receive|be given|include)\b"
    r"|\bat the (?:investigator's )?discretion"
)
_MARKED_OPTIONAL = re.compile(r"[\s(,]*optional")
_OF = re.compile(r"[\s,)]*(?:iv |intravenous(?:ly)? |i\.v\. )*of (?:iv |intravenous )?")
_ADJUSTED = re.compile(
    r"\b(?:doses?|dosage)[^.;\n]{0,60}\b(?:adjust\w*|reduc\w*|modif\w*)[^.;\n]{0,20}?(?:based on|according to|for"
    r"|in (?:patients|case)|by|depending on)"
    r" (?P<what>[^.;\n]{3,80})"
)
_PAST = re.compile(
    r"\b(?:previous(?:ly)?|prior to (?:enrol|screening)\w*|fail\w*|inadequate|refractory to"
    r"|history of|bridging)\b"
)


class Given(NamedTuple):
    """What one place says of one agent."""

    agent: str
    text: Text
    start: int
    end: int
    dose: tuple[float, float, str] | None
    days: tuple[int, int, int] | None  # first day, last day, number of doses
    n_doses: int | None
    total: float | None
    requirement: str


def conditioning(
    design: Design, texts: Sequence[Text], regimens: Sequence[str] | None, why: Sequence[Finding]
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows for trial_conditioning (without nct_id) and the words of each; `regimens`, `why` are of lymphodepletion."""
    named = {agent for regimen in regimens or () for agent in regimen.split(" + ")} - {"other", "unspecified", "none"}
    named |= {agent.label for finding in why if finding.matched_text for agent in agents_in(fold(finding.matched_text))}
    every = [one for text in texts if text.section in _SECTIONS for one in _given(text)] if named else []
    every += _described(design, texts) if named else []
    told = [one for one in every if one.agent in named or _stands_beside(one, every, named)]
    adjusted = (
        next((found for text in texts if text.section in _SECTIONS if (found := _adjusted(text))), None)
        if told
        else None
    )
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for number, regimen in enumerate(_regimens(told), 1):
        for one in regimen:
            rows.append({"conditioning_no": len(rows) + 1, **_row(design, one, number, adjusted)})
            findings.append(_reason(one, len(rows)))
    for agent in _ordered(named - {one.agent for one in told}):  # told by a short form alone: FC
        finding = next((finding for finding in why if agent in finding.value), None)
        if finding is not None:
            rows.append({"conditioning_no": len(rows) + 1, **_undosed(agent)})
            findings.append(finding._replace(attribute="agent", value=agent, item_table=TABLE, item_no=len(rows)))
    if not rows and "unspecified" in (regimens or ()):
        finding = next((f for f in why if f.value == "unspecified"), None)
        if finding is not None:
            rows.append({"conditioning_no": 1, **_undosed("unspecified")})
            findings.append(finding._replace(attribute="agent", item_table=TABLE, item_no=1))
    return rows, findings


def _stands_beside(one: Given, every: Sequence[Given], named: set[str]) -> bool:
    """Whether an agent that no regimen counts stands next to one that does: "(fludarabine is added if necessary)"."""
    return any(other.agent in named and other.text == one.text and abs(one.start - other.end) <= 60 for other in every)


def _ordered(named: Iterable[str]) -> list[str]:
    first = ["fludarabine", "cyclophosphamide"]
    return [agent for agent in first if agent in named] + sorted(set(named) - set(first))


# ---- reading ----


@cached_rule
def _given(text: Text) -> tuple[Given, ...]:
    """What a text says of each agent that prepares, in order."""
    named = [one for one in mentions(text) if one.agent.agent_class == "lymphodepleting"]
    found = []
    for place, one in enumerate(named):
        start, end = around(text.folded, one.start, one.end)
        if _PAST.search(text.folded, start, one.start):
            continue
        later = next((other.start for other in named[place + 1 :] if other.agent.label != one.agent.label), end)
        found.append(_of_mention(one, named, (start, min(later, end), end)))
    return tuple(found)


def _described(design: Design, texts: Sequence[Text]) -> Iterator[Given]:
    """Interventions that are an agent by name, and whose description has only the dose: "30 mg/m2 for three days"."""
    for item in design.interventions:
        agents = {agent.label for agent in agents_in(fold(item.name)) if agent.agent_class == "lymphodepleting"}
        text = next(
            (text for text in texts if text.section == "intervention_description" and text.number == item.number), None
        )
        if len(agents) != 1 or text is None or any(agent.label in agents for agent in agents_in(text.folded)):
            continue
        dose = _dose(text.folded, 0, min(len(text.folded), 200))
        if dose is not None:
            days = _days(text.folded, dose[3], len(text.folded))
            n_doses = _times(text.folded, dose[3], len(text.folded)) or (days[2] if days else None)
            yield Given(agents.pop(), text, dose[4], dose[3], dose[:3], days, n_doses, None, "required")


def _of_mention(one: Mention, named: list[Mention], bounds: tuple[int, int, int]) -> Given:
    low, until, end = bounds
    folded = one.text.folded
    before = max([low, *[other.end for other in named if other.end <= one.start]])
    dose = _dose_before(folded, max(before, one.start - 45), one.start)
    dose = dose or _dose(folded, one.end, min(until, one.end + 90))
    after = dose[3] if dose else one.end
    days = _days(folded, after, until) or _days(folded, after, end)
    n_doses = _times(folded, after, until) or (days[2] if days else _times(folded, after, end))
    total = _TOTAL.search(folded, one.end, until)
    asked = "required"
    if _IF_NEEDED.match(folded, one.end, min(until, one.end + 60)):
        asked = "if needed"
    elif _OPTIONAL.search(folded, max(before, one.start - 60), one.start) or _MARKED_OPTIONAL.match(folded, one.end):
        asked = "optional"
    last = max(after, one.end)
    return Given(one.agent.label, one.text, min(one.start, dose[4] if dose else one.start), last,
    dose[:3] if dose else None, days, n_doses,
                 float(total.group("value").replace(",", "")) if total else None, asked)  # fmt: skip


def _dose(folded: str, start: int, end: int) -> tuple[float, float, str, int, int] | None:
    for match in _DOSE.finditer(folded, start, end):
        if match.group("per") is None and match.group("mass") == "mg" and not match.group("daily"):
            continue
        return _dose_of(folded, match)
    return None


def _dose_before(folded: str, low: int, start: int) -> tuple[float, float, str, int, int] | None:
    found = [match for match in _DOSE.finditer(folded, low, start) if match.group("per")]
    if found and _OF.fullmatch(folded, found[-1].end(), start):
        return _dose_of(folded, found[-1])
    return None


def _dose_of(folded: str, match: re.Match[str]) -> tuple[float, float, str, int, int]:
    low = float(match.group("low").replace(",", ""))
    high = float((match.group("high") or match.group("low")).replace(",", ""))
    if match.group("mass") == "g":
        low, high = low * 1000, high * 1000
    per = match.group("per")
    unit = "mg/kg" if per == "kg" else "mg/m2" if per else "mg"
    is_daily = bool(match.group("daily")) or bool(_MORE_DAILY.match(folded, match.end(), match.end() + 60))
    return min(low, high), max(low, high), f"{unit}/day" if is_daily else unit, match.end(), match.start()


def _days(folded: str, start: int, end: int) -> tuple[int, int, int] | None:
    """First day, last day and number of doses of days counted before the infusion."""
    at = _DAY.search(folded, start, end)
    if at is None:
        return None
    stretch = folded[at.start() : min(end, at.start() + 60)]
    stretch = re.split(r"\b(?:and|followed|then) (?:cyclo|flu|the )|mg|\(iv|;", stretch)[0]
    days = [-int(day) for day in _SIGNED.findall(stretch)]
    if not days:
        return None
    if _SPAN.search(stretch) and len(days) >= 2:
        first, last = min(days[:2]), max(days[:2])
        return first, last, last - first + 1
    return min(days), max(days), len(set(days))


def _times(folded: str, start: int, end: int) -> int | None:
    match = _TIMES.search(folded, start, end)
    if match is None:
        return None
    number = match.group("number") or match.group("first")
    return _WORDS.get(number) or int(number)


@cached_rule
def _adjusted(text: Text) -> str | None:
    match = _ADJUSTED.search(text.folded)
    if match is None:
        return None
    return text.text[text.start + match.start("what") : text.start + match.end("what")].strip()


# ---- rows ----


def _regimens(told: Sequence[Given]) -> Iterator[list[Given]]:
    """Each agent's places as regimens: what differs in dose is another regimen, what is silent adds nothing."""
    doses: dict[str, list[Given]] = {}
    for one in told:
        known = doses.setdefault(one.agent, [])
        same = next(
            (
                n
                for n, other in enumerate(known)
                if other.dose is None or one.dose is None or other.dose[:2] == one.dose[:2]
            ),
            None,
        )
        if same is None:
            known.append(one)
        else:
            known[same] = _together(known[same], one)
    order = _ordered(doses)
    for number in range(max((len(known) for known in doses.values()), default=0)):
        yield [doses[agent][number] for agent in order if number < len(doses[agent])]


def _together(one: Given, other: Given) -> Given:
    """Two places that say the same dose: the one that says more, with what only the other has."""
    more, less = (other, one) if one.dose is None and other.dose is not None else (one, other)
    weakest = next(
        (asked for asked in ("if needed", "optional") if asked in (one.requirement, other.requirement)), "required"
    )
    return more._replace(days=more.days or less.days, n_doses=more.n_doses or less.n_doses,
    total=more.total or less.total,
                         requirement=weakest)  # fmt: skip


def _row(design: Design, one: Given, number: int, adjusted: str | None) -> dict[str, Any]:
    arms = _arms(design, one)
    every = design.car_arms
    requirement = (
        "some cohorts" if one.requirement == "required" and arms and len(arms) < len(every) else one.requirement
    )
    labels = [arm.label for arm in design.arms if arm.number in arms and arm.label]
    return {
        "regimen_no": number, "agent": one.agent, "product_no": None, "role": "lymphodepleting",
        "dose_min": one.dose[0] if one.dose else None, "dose_max": one.dose[1] if one.dose else None,
        "unit": one.dose[2] if one.dose else None, "first_day": one.days[0] if one.days else None,
        "last_day": one.days[1] if one.days else None, "n_doses": one.n_doses, "total_dose": one.total,
        "requirement": requirement, "adjustable_for": adjusted, "arm_labels": labels or None,
    }  # fmt: skip


def _arms(design: Design, one: Given) -> set[int]:
    """The arms with a product that a place is about; none where it is about the trial."""
    if one.text.section.startswith("arm_"):
        return {one.text.number or 0} & set(design.car_arms)
    if one.text.section.startswith("intervention_"):
        item = next((item for item in design.interventions if item.number == one.text.number), None)
        return set(item.arm_nos) & set(design.car_arms) if item is not None else set()
    return set()


def _undosed(agent: str) -> dict[str, Any]:
    untold = ("product_no", "dose_min", "dose_max", "unit", "first_day", "last_day", "n_doses", "total_dose",
              "adjustable_for", "arm_labels")  # fmt: skip
    return {"regimen_no": 1, "agent": agent, "role": "lymphodepleting", "requirement": "required",
            **dict.fromkeys(untold)}  # fmt: skip


def _reason(one: Given, number: int) -> Finding:
    return quote(one.text, one.start, one.end, "agent", one.agent, "conditioning.agent")._replace(
        item_table=TABLE, item_no=number
    )
