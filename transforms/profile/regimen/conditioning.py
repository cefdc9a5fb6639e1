"""How patients are prepared for the cells: each agent with its dose, days and whether it is given to all.

Which agents prepare is decided by `transforms.profile.regimen.lymphodepletion`; here stands how much of each and when.
Another dose of the same agent is another regimen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import around
from transforms.profile.reading.texts import Text, fold
from transforms.profile.regimen.agents import agents_in, mentions
from transforms.profile.regimen.conditioning_given import Given, days_in, dose_in, of_mention, times_in
from transforms.profile.regimen.design import Design
from transforms.profile.regimen.supportive import supportive

TABLE = "trial_conditioning"
_SECTIONS = frozenset({"arm_label", "arm_description", "intervention_name", "intervention_other_name",
"intervention_description",
                       "brief_summary", "detailed_description", "model_description"})  # fmt: skip
_ADJUSTED = re.compile(
    r"\b(?:doses?|dosage)[^.;\n]{0,60}\b(?:adjust\w*|reduc\w*|modif\w*)[^.;\n]{0,20}?(?:based on|according to|for"
    r"|in (?:patients|case)|by|depending on)"
    r" (?P<what>[^.;\n]{3,80})"
)
_PAST = re.compile(
    r"\b(?:previous(?:ly)?|prior to (?:enrol|screening)\w*|fail\w*|inadequate|refractory to"
    r"|history of|bridging)\b"
)


def conditioning(
    design: Design, texts: Sequence[Text], regimens: Sequence[str] | None, why: Sequence[Finding]
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows for trial_conditioning (without nct_id) and the words of each; `regimens`, `why` are of lymphodepletion.

    What is given beside it comes behind, with the role `supportive`.
    """
    rows, findings = _lymphodepleting(design, texts, regimens, why)
    for one in supportive(design, texts):
        row = {**_row(design, one, 1, None), "role": "supportive"}
        rows.append({"conditioning_no": len(rows) + 1, **row})
        findings.append(_reason(one, len(rows), "conditioning.supportive"))
    return rows, findings


def _lymphodepleting(
    design: Design, texts: Sequence[Text], regimens: Sequence[str] | None, why: Sequence[Finding]
) -> tuple[list[dict[str, Any]], list[Finding]]:
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
            rows.append({"conditioning_no": len(rows) + 1, **_undosed(design, agent)})
            findings.append(finding._replace(attribute="agent", value=agent, item_table=TABLE, item_no=len(rows)))
    if not rows and "unspecified" in (regimens or ()):
        finding = next((f for f in why if f.value == "unspecified"), None)
        if finding is not None:
            rows.append({"conditioning_no": 1, **_undosed(design, "unspecified")})
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
        found.append(of_mention(one, named, (start, min(later, end), end)))
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
        dose = dose_in(text.folded, 0, min(len(text.folded), 200))
        if dose is not None:
            days = days_in(text.folded, dose[3], len(text.folded))
            n_doses = times_in(text.folded, dose[3], len(text.folded)) or (days[2] if days else None)
            yield Given(agents.pop(), text, dose[4], dose[3], dose[:3], days, n_doses, None, "required")


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
        "regimen_no": number, "agent": one.agent, "product_no": _product(design, arms), "role": "lymphodepleting",
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


def _product(design: Design, arms: set[int]) -> int | None:
    """The product that an agent prepares for: the only one, or the only one of the arms that get it."""
    if len(design.products) == 1:
        return design.products[0].product_no
    told = [product.product_no for product in design.products if arms & set(product.arm_nos)]
    return told[0] if len(told) == 1 else None


def _undosed(design: Design, agent: str) -> dict[str, Any]:
    untold = ("dose_min", "dose_max", "unit", "first_day", "last_day", "n_doses", "total_dose",
              "adjustable_for", "arm_labels")  # fmt: skip
    return {"regimen_no": 1, "agent": agent, "product_no": _product(design, set()), "role": "lymphodepleting",
            "requirement": "required",
            **dict.fromkeys(untold)}  # fmt: skip


def _reason(one: Given, number: int, rule_id: str = "conditioning.agent") -> Finding:
    return quote(one.text, one.start, one.end, "agent", one.agent, rule_id)._replace(item_table=TABLE, item_no=number)
