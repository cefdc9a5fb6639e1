"""What prepares participants for the cells: the regimens, one for each alternative and arm.

Fludarabine among the interventions, in the words of an arm or beside the word lymphodepletion is
preparation. Cyclophosphamide is also an old drug of these diseases: it counts only as such an
intervention, beside fludarabine, or in a sentence that speaks of preparing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import around, holding
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.agents import Mention, agents_in, mentions
from transforms.profile.regimen.design import Arm, Design
from transforms.profile.regimen.roles import role

_NAMES = {
    frozenset({"fludarabine", "cyclophosphamide"}): "fludarabine + cyclophosphamide",
    frozenset({"cyclophosphamide"}): "cyclophosphamide",
    frozenset({"fludarabine"}): "fludarabine",
    frozenset({"bendamustine"}): "bendamustine",
}
_ORDER = ("fludarabine + cyclophosphamide", "cyclophosphamide", "fludarabine", "bendamustine", "other",
          "unspecified", "none")  # fmt: skip
_USUAL = frozenset({"fludarabine", "cyclophosphamide", "bendamustine"})

_PREPARING = re.compile(
    r"lympho-? ?(?:deplet|reduc|clear)\w*|lymphocyte[ -](?:deplet|clear)\w*|lymphatic (?:deplet|clear)\w*"
    r"|pre-? ?conditioning|conditioning[ -](?:chemo\w*|regimen|therapy|treatment)"
    r"|(?:chemotherapy|drug) (?:pre-?treatment|pre-?conditioning|conditioning)"
    r"|pre-?treatment (?:chemotherapy|regimen|period|with (?:chemo|flu|cyclo|cleansing))"
    r"|preparative (?:chemotherapy|regimen)|clear(?:ing|ance)(?: of)?(?: the)? lymphocytes?"
    r"|\bld (?:chemo\w*|regimen|therapy)|pre-?treated with chemotherapy|(?:after|following) pre-?treatment\b"
    r"|chemotherapy (?:(?:will be|is|are) )?(?:(?:given|administered) )?(?:before|prior to)\b"
    r"[^.;\n]{0,30}\b(?:infusion|cells?|car)\b|lymphatic dialysis"
    r"|chemotherapy to prepare|stripping chemotherapy|shower chemotherapy"
)
# A cheap look before the expression of preparing.
_STEMS = (
    "lymphod", "lympho-", "lympho d", "lympho r", "lymphor", "lymphocl", "lymphocyte", "lymphatic",
    "conditioning", "pretreat", "pre-treat", "pre treat", "preparative", "to prepare", "clear", "stripping",
    "shower", "ld chemo", "ld reg", "ld ther", "chemotherapy before", "chemotherapy prior",
    "chemotherapy will be", "chemotherapy is", "chemotherapy are",
)  # fmt: skip
_REFUSED_STEMS = ("deplet", "conditioning", "ld-free", "ld free", " ld", "alone")
# A cheap look before the agents' expression; short forms as the record writes them.
_AGENT_STEMS = (
    "fludar", "luorod", "cyclophos", "cytoxan", "endoxan", "bendam", "thymo", "alemtuz", "647", "pentost",
    "clofar", "cladri", "busul", "treosul", "thiotep", "melphal", "irradia", "paclit", "etopos", "flucy",
    "cyflu",
)  # fmt: skip
_SHORT = ("Flu", "FLU", "CTX", "Cy", "CY", "FC")
_NOT_PREPARED = re.compile(
    r"(?:\bwithout|\bno|\bnot (?:require|requiring|required|include|including|need|receive|undergo|be given)"
    r"|\bavoid\w*|\bomit\w*|\beliminat\w*(?: the need for)?|\bfree (?:of|from)|\babsence of|\black of)"
    r"(?: (?:any|the|a|prior|need for|need of|use of|preceding|additional|preparative|standard|chemotherapy|"
    r"administration of|traditional|conventional)){0,3}"
    r" (?:lympho-?deplet\w*|ld\b|pre-?conditioning|conditioning (?:chemo\w*|regimen|therapy))"
    r"|\b(?:lympho-?depletion|ld|pre-?conditioning)(?: chemotherapy| regimen)?"
    r" (?:is|was|are|were|will be|will)? ?not (?:be )?"
    r"(?:required|needed|given|used|performed|administered|necessary)"
    r"|\balone,? (?:or |and |and/or )?in combination with"
    r" (?=cy\b|cyclophosphamide|flu|lymphodep|pre-?condition)"
    r"|\b(?:lympho-?depletion|ld|pre-?conditioning)-free\b|\bnon-?lympho-?deplet\w*"
)
_CONDITIONAL = re.compile(
    r"\b(?:who|if|unless|whether|patients|subjects|participants) (?:do|does|did|have|has|had)? ?$"
)
_DAY_BEFORE = re.compile(r"\bdays? ?\(?-\d|\bd-\d|\(-\d")
_PAST = re.compile(r"\b(?:previous(?:ly)?|prior|fail\w*|inadequate|refractory to|intoleran\w+|bridg\w+|history)\b")
_ALTERNATIVE = re.compile(r"\bor\b(?! *[\d(])(?<!and/or)")
_WITH_OR_WITHOUT = re.compile(r"with or without|with/without|\+/-|±")
# "Fludarabine is added when necessary": with it and without it.
_IF_NEEDED = re.compile(
    r"[^.;\n,]{0,25}?(?:\b(?:if|when|where|as) (?:necessary|needed|required|indicated)\b|\(optional\))"
)
_ALONE = re.compile(r"[^.;\n]{0,30}?\b(?:alone|only|monotherapy)\b")
_TOGETHER = re.compile(r"\b(?:flu-?cy|cy-?flu|fc)\b")

_ARM_SECTIONS = ("arm_label", "arm_description")
_ITEM_SECTIONS = ("intervention_name", "intervention_other_name", "intervention_description")
_PROSE = ("brief_title", "official_title", "model_description", "brief_summary", "detailed_description")
_SPEAKING = frozenset((*_ARM_SECTIONS, *_ITEM_SECTIONS, *_PROSE, "keyword", "condition"))


class Group(NamedTuple):
    """Agents given together; `alternative` when the text sets it beside another way."""

    agents: tuple[Mention, ...]
    alternative: bool

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(mention.agent.label for mention in self.agents)


def lymphodepletion(design: Design, texts: Sequence[Text]) -> tuple[list[str] | None, list[Finding]]:
    """Regimens for car_t_profiles.lymphodepletion (None: not stated) and their reasons."""
    found: dict[str, list[Finding]] = {}
    for arm_texts in _by_arm(design, texts):
        for name, reasons in _regimens(arm_texts).items():
            found.setdefault(name, reasons)
    if not found:
        prose = [(text, False) for text in texts if text.section in _PROSE]
        found = _regimens(prose)
    refused = _refusals(texts)
    if refused:
        found.setdefault("none", refused)
    if not set(found) - {"none"}:
        spoken = _spoken_of(design, texts)
        if spoken:
            found["unspecified"] = [spoken]
    if not found:
        return None, []
    names = sorted(found, key=_ORDER.index)
    return names, [finding for name in names for finding in found[name]]


def _by_arm(design: Design, texts: Sequence[Text]) -> list[list[tuple[Text, bool]]]:
    """For each arm with a product the texts about it; True: of an intervention that prepares."""
    of_item: dict[int, list[Text]] = {}
    of_arm: dict[int, list[Text]] = {}
    for text in texts:
        if text.section in _ITEM_SECTIONS:
            of_item.setdefault(text.number or 0, []).append(text)
        elif text.section in _ARM_SECTIONS:
            of_arm.setdefault(text.number or 0, []).append(text)
    items = {item.number: item for item in design.interventions}
    with_product = design.car_arms
    arms = [arm for arm in design.arms if arm.number in with_product]
    linked: list[tuple[list[Text], Arm | None, tuple[int, ...]]] = [
        (of_arm.get(arm.number, []), arm, arm.intervention_nos) for arm in arms
    ]
    if not any(numbers for _, _, numbers in linked):
        # The record does not tie interventions to arms: they are taken to belong to each.
        linked = [(own, arm, tuple(items)) for own, arm, _ in linked] or [([], None, tuple(items))]
    pieces = []
    for own, arm, numbers in linked:
        about = [(text, False) for text in own]
        for number in numbers:
            prepares = role(design, arm, items[number]) == "lymphodepletion"
            # A name says what is given; only descriptions tell of the past.
            about += [(text, prepares or text.section != "intervention_description")
                      for text in of_item.get(number, [])]  # fmt: skip
        pieces.append(about)
    return pieces


def _regimens(about: Iterable[tuple[Text, bool]]) -> dict[str, list[Finding]]:
    """Regimens by name: alternatives each, everything else together as one."""
    alternatives: list[Group] = []
    together: list[Mention] = []
    for text, prepares in about:
        for group in _groups(text, prepares):
            if group.alternative:
                alternatives.append(group)
            else:
                together.extend(group.agents)
    single = Group(tuple(together), False)
    if single.labels and not any(single.labels <= group.labels for group in alternatives):
        covered = frozenset(label for group in alternatives for label in group.labels)
        if not alternatives or not single.labels <= covered:
            alternatives.append(single)
    found: dict[str, list[Finding]] = {}
    for group in alternatives:
        name = _NAMES.get(group.labels, "other")
        found.setdefault(name, _reasons(group, name))
    return found


def _reasons(group: Group, name: str) -> list[Finding]:
    """One reason for each agent of the group."""
    first: dict[str, Mention] = {}
    for mention in group.agents:
        first.setdefault(mention.agent.label, mention)
    return [quote(m.text, m.start, m.end, "lymphodepletion", name, f"lymphodepletion.{_rule(m.text)}")
            for m in first.values()]  # fmt: skip


def _rule(text: Text) -> str:
    if text.section in _ITEM_SECTIONS:
        return "intervention"
    return "arm" if text.section in _ARM_SECTIONS else "text"


@cached_rule
def _groups(text: Text, prepares: bool) -> tuple[Group, ...]:
    given = _given(text, prepares)
    if not given:
        return ()
    groups: list[tuple[list[Mention], bool]] = [([], False)]
    last: Mention | None = None
    for mention in given:
        members, _ = groups[-1]
        between = text.folded[last.end : mention.start] if last and last.end <= mention.start else ""
        optional = bool(members) and bool(_IF_NEEDED.match(text.folded, mention.end, mention.end + 50))
        if last and len(between) <= 80 and (optional or _WITH_OR_WITHOUT.search(between)):
            groups[-1] = (members, True)
            groups.append(([*members, mention], True))
        elif last and _starts_another(between, mention, members):
            groups[-1] = (members, True)
            groups.append(([mention], True))
        else:
            members.append(mention)
        if _ALONE.match(text.folded, mention.end, mention.end + 45) and _is_alone(text, mention, given):
            groups[-1] = (groups[-1][0], True)
            groups.append(([], False))
        last = mention
    return tuple(Group(tuple(members), alternative) for members, alternative in groups if members)


def _starts_another(between: str, mention: Mention, members: list[Mention]) -> bool:
    if not members or len(between) > 80:
        return False
    if _ALTERNATIVE.search(between):
        return True
    repeated = any(member.agent.label == mention.agent.label for member in members)
    return repeated and "combination with" in between


def _is_alone(text: Text, mention: Mention, given: list[Mention]) -> bool:
    """No other agent stands between `mention` and the word alone."""
    match = _ALONE.match(text.folded, mention.end, mention.end + 45)
    end = match.end() if match else mention.end
    return not any(mention.end <= other.start < end for other in given)


def _given(text: Text, prepares: bool) -> list[Mention]:
    """The agents of `text` that prepare for cells."""
    if not any(stem in text.folded for stem in _AGENT_STEMS) and not any(s in text.text for s in _SHORT):
        return []
    named = [mention for mention in mentions(text) if mention.agent.agent_class == "lymphodepleting"]
    named += _abbreviated(text, named)
    named.sort(key=lambda mention: mention.start)
    if prepares or not named:
        return named
    kept = []
    for mention in named:
        start, end = around(text.folded, mention.start, mention.end)
        sentence = text.folded[start:end]
        labels = {m.agent.label for m in named if start <= m.start < end}
        if _PREPARING.search(sentence) or (
            mention.agent.label in _USUAL
            and not _PAST.search(sentence)
            and ("fludarabine" in labels | _close_by(named, mention) or _DAY_BEFORE.search(sentence))
        ):
            kept.append(mention)
    return kept


def _close_by(named: list[Mention], mention: Mention) -> set[str]:
    """What is named right behind, if only past a semicolon."""
    return {other.agent.label for other in named if 0 <= other.start - mention.end <= 5}


def _abbreviated(text: Text, named: list[Mention]) -> list[Mention]:
    """FC and FluCy stand for both drugs; FC only where the text speaks of preparing."""
    found: list[Mention] = []
    if not ("FC" in text.text or "flu" in text.folded):
        return found
    for match in _TOGETHER.finditer(text.folded):
        if match.group() == "fc":
            given = text.text[text.start + match.start() : text.start + match.end()]
            if given != "FC" or not _PREPARING.search(text.folded):
                continue
        if any(mention.start <= match.start() < mention.end for mention in named):
            continue
        for agent in (*agents_in("fludarabine"), *agents_in("cyclophosphamide")):
            found.append(Mention(text, match.start(), match.end(), agent))
    return found


@cached_rule
def _refused(text: Text) -> tuple[tuple[int, int], ...]:
    """Where `text` says that nothing prepares for the cells; not "who do not undergo ... are replaced"."""
    return tuple(
        match.span()
        for start, end in holding(text.folded, _REFUSED_STEMS)
        for match in _NOT_PREPARED.finditer(text.folded, start, end)
        if not _CONDITIONAL.search(text.folded[max(0, match.start() - 30) : match.start()])
    )


def _refusals(texts: Sequence[Text]) -> list[Finding]:
    """The first refusal of the record; eligibility speaks of the past."""
    for text in texts:
        if text.section in _SPEAKING:
            for start, end in _refused(text)[:1]:
                return [quote(text, start, end, "lymphodepletion", "none", "lymphodepletion.none")]
    return []


def _spoken_of(design: Design, texts: Sequence[Text]) -> Finding | None:
    """The first word of preparation that is not refused."""
    for text in texts:
        if _is_about_product(design, text) and (word := _word_of_preparation(text)):
            return quote(text, *word, "lymphodepletion", "unspecified", "lymphodepletion.unspecified")
    return None


@cached_rule
def _word_of_preparation(text: Text) -> tuple[int, int] | None:
    """Where the first of a text stands that is not refused."""
    refused: list[tuple[int, int]] | None = None
    for first, last in holding(text.folded, _STEMS):
        for match in _PREPARING.finditer(text.folded, first, last):
            refused = _refused_outright(text) if refused is None else refused
            while refused and refused[-1][1] <= match.start():
                refused.pop()
            if not refused or match.start() < refused[-1][0]:
                return match.span()
    return None


def _is_about_product(design: Design, text: Text) -> bool:
    """Whether a text is of the whole trial, or of an arm with a product; a platform has other arms."""
    with_product = design.car_arms
    if text.section in _ARM_SECTIONS:
        return not with_product or text.number in with_product
    if text.section in _ITEM_SECTIONS:
        item = next((item for item in design.interventions if item.number == text.number), None)
        return not with_product or item is None or not item.arm_nos or bool(with_product & set(item.arm_nos))
    return True


def _refused_outright(text: Text) -> list[tuple[int, int]]:
    """The refusals of a text, last first, without "with or without", which speaks of both ways."""
    return [(start, end) for start, end in reversed(_refused(text))
            if not text.folded[max(0, start - 9) : start].endswith("with or ")]  # fmt: skip
