"""Which distinct products a record names, before their values are read.

An intervention, an arm or, where neither tells, a title names a product. Two names are one product
when the product list says so, or when targets and codes agree. A choice ("CD19 or BCMA") is two
products; what is given together ("BCMA CAR-T and CD19 CAR-T") is one combination.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from transforms.profile.products import cells, targets
from transforms.profile.products.car import context
from transforms.profile.products.catalogue import Product, ProductMention, catalogue, of_series, squeeze
from transforms.profile.products.own_targets import names_of, own_targets, told_in_title
from transforms.profile.products.record import ARMS, NAMES, OWN, TITLES, WORDS, Record
from transforms.profile.products.scope import is_other_agent
from transforms.profile.products.targets import Target
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.design import Intervention

# What makes a name another product's: letters and digits, but no antigen, cytokine, dose or regimen.
_CODE = re.compile(
    r"(?<![^\W_])(?!cd\d|il-?\d|x\d|cohort|dose|day|phase|arm|part|level|group|week|regimen|4-1bb|igg|covid|anti|b7)"
    r"(?:[a-z]{1,7}-?\d{2,6}[a-z]?\d{0,3}(?:[-.][a-z0-9]{1,6})?|[a-z]{2,7}-[a-z]{2,4}\d{1,2})(?![^\W_])"
)
_NOT_A_CODE = re.compile(
    r"^(?:t\d|(?:car|ucar|cart|ucart|caart|star|t|nk|b|anti|pre|post|dose|flu|in)[- ]|(?:car|cart|ucart)\d)"
)


class Draft(msgspec.Struct):
    """A product in the making."""

    interventions: list[int] = msgspec.field(default_factory=list)
    key: str | None = None
    named: ProductMention | None = None
    codes: list[str] = msgspec.field(default_factory=list)
    words: Text | None = None  # the text that names it
    antigens: tuple[str, ...] = ()
    target: Target | None = None
    target_stated_in: str | None = None
    together: bool = False
    is_choice: bool = False  # one of several that the same words name
    lineage: str | None = None  # T, NK, ... where its own name tells
    source: str | None = None  # cell source where its own name tells
    parts: tuple[Draft, ...] = ()  # of a combination: the products given together
    series: ProductMention | None = None  # where only the name of a series of trials points to the product

    @property
    def listed(self) -> Product | None:
        return catalogue()[self.key] if self.key else None


def drafts(record: Record) -> list[Draft]:
    """The distinct products of a trial that gives or follows CAR cells, with their targets."""
    found = [draft for item in _car_interventions(record) for draft in _of_intervention(record, item)]
    found = _merged(found) or _merged(_from_texts(record))
    if len(found) == 1 and found[0].key is None:
        _recognise(record, found[0])
    return _merged(_with_targets(record, found))


def _car_interventions(record: Record) -> list[Intervention]:
    items = record.design.interventions
    sure = [item for item in items if _is_car(record, item)]
    if sure:
        return sure
    return [item for item in items if not is_other_agent(item) and not _NOTHING.search(" | ".join(item.names))]


_NOTHING = re.compile(r"\bno (?:study )?(?:intervention|treatment|drug)|follow-?up|observation|questionnaire|n/a")


def _is_car(record: Record, item: Intervention) -> bool:
    for text in record.texts_in(NAMES, item.number):
        if any(m.is_given for m in record.cars_in(text)) or record.named_in(text):
            return True
        if any(t.antigens.text == text for t in record.found.redirected):
            return True
    if is_other_agent(item):
        return False
    if told_in_title(record, item):
        return True
    described = record.texts_in(("intervention_description",), item.number)
    return any(m.is_given for text in described for m in record.cars_in(text)[:1])


def _of_intervention(record: Record, item: Intervention) -> list[Draft]:
    """One draft for each product that an intervention names; with a choice, several."""
    own = record.texts_in(NAMES, item.number)
    named = _distinct([m for text in own for m in record.named_in(text)])
    words = own[0] if own else None
    codes = list(dict.fromkeys(code for text in own[:1] for code in _codes(text)))
    if len(named) > 1 and re.search(r"\bor\b", words.folded if words else ""):
        return [Draft([item.number], m.product.key, m, words=words) for m in named]
    lineage, source = _kind_in_name(record, own)
    mention = named[0] if named else None
    base = Draft([item.number], mention.product.key if mention else None, mention, codes, words,
                 lineage=lineage, source=source)  # fmt: skip
    for text in record.texts_in(OWN, item.number):
        found = _alternatives(text, targets.attached(text), apart=text.section == "intervention_description")
        if found:
            choice = len(found) > 1
            return [replace(base, antigens=a, target=t, together=g, codes=list(codes), is_choice=choice)
                    for a, t, g in found]  # fmt: skip
    for text in own:
        here = targets.in_name(text) if _is_car_name(record, text, item) else []
        if here:
            return [replace(base, antigens=here[0].antigens.antigens, target=here[0])]
    told = None if base.key or is_other_agent(item) else told_in_title(record, item)
    if told is None:
        return [base]
    return [replace(base, antigens=told.antigens.antigens, target=told, codes=base.codes or item.name.split()[:1])]


_OTHER_LINEAGES = {"CAR-NK": "NK", "CAR-M": "macrophage", "CAR-iNKT": "iNKT"}


def _kind_in_name(record: Record, own: list[Text]) -> tuple[str | None, str | None]:
    """(lineage, cell source) that the names of an intervention tell: CAR-T and CAR-NK are two products."""
    kinds = [mention.cell_type for text in own for mention in record.cars_in(text) if mention.cell_type]
    sources = {word.value for word in cells.source_words(own) if not word.is_cue}
    lineages = {_OTHER_LINEAGES.get(kind, "T") for kind in kinds}
    return (lineages.pop() if len(lineages) == 1 else None), (sources.pop() if len(sources) == 1 else None)


def _is_car_name(record: Record, text: Text, item: Intervention) -> bool:
    """Whether antigens in a name are the product's: V001-BCMA, but not "anti-CD20 antibody"."""
    return not is_other_agent(item)


def _from_texts(record: Record) -> list[Draft]:
    """Drafts of a record whose interventions name no product: arms, titles, keywords, summary."""
    for sections in (ARMS, TITLES, WORDS, ("brief_summary",), ("detailed_description",)):
        here = record.texts_in(sections)
        named = _distinct([m for text in here for m in record.named_in(text)])
        if named:
            return [Draft([], m.product.key, m, words=m.text) for m in named]
        if any(record.cars_in(text) for text in here):
            return [Draft(words=next(text for text in here if record.cars_in(text)))]
    return [Draft()]


def _recognise(record: Record, only: Draft) -> None:
    """Gives the only product its key where another field names it: a title, an arm, the summary."""
    for sections in ((*OWN, *ARMS), TITLES, WORDS, ("brief_summary",)):
        named = [m for text in record.texts_in(sections) for m in record.named_in(text)]
        given = _distinct([m for m in named if context(m.text.folded, m.start, m.end) is None])
        if len(given) == 1:
            only.key, only.named = given[0].product.key, given[0]
        if given:
            return
    if not only.codes:  # another code in the name of the intervention is another product of that sponsor
        only.series = next(filter(None, map(of_series, record.texts_in(TITLES))), None)
        only.key = only.series.product.key if only.series else None


def _distinct(named: list[ProductMention]) -> list[ProductMention]:
    return list({mention.product.key: mention for mention in reversed(named)}.values())[::-1]


def _codes(text: Text) -> list[str]:
    found = []
    for match in _CODE.finditer(text.folded):
        if not _NOT_A_CODE.search(match.group()) and not targets.lists(replace_text(text, match.group())):
            found.append(text.text[text.start + match.start() : text.start + match.end()])
    return found


def replace_text(text: Text, folded: str) -> Text:
    """A text that holds `folded` only, to ask a rule about it."""
    return Text(text.section, text.field_path, folded, folded)


# ---- choices and combinations ----

Choice = tuple[tuple[str, ...], Target, bool]


def _alternatives(text: Text, found: Sequence[Target], *, apart: bool = False) -> list[Choice]:
    """The products that the antigen lists of one text stand for: (antigens, reason, given together)."""
    if not found:
        return []
    if len(found) == 1 or apart:
        groups = found[0].antigens.groups
        return [(group, found[0], False) for group in groups]
    first, *others = found
    together = all(targets.are_given_together(text, a, b) for a, b in zip(found, others, strict=False))
    sets = {target.antigens.antigens for target in found}
    if together and len(sets) > 1:
        union = tuple(sorted({antigen for one in sets for antigen in one}))
        return [(union, replace(first, end=found[-1].end), True)]
    choices: dict[tuple[str, ...], Choice] = {}
    for target in found:
        for group in target.antigens.groups:
            choices.setdefault(group, (group, target, False))
    return _widest(list(choices.values()), keep=any(len(t.antigens.groups) > 1 for t in found))


def _widest(choices: list[Choice], *, keep: bool = False) -> list[Choice]:
    """`choices` without those that another contains: "CD19 CAR-T" in a title of "CD19/BCMA CAR-T"."""
    if keep:
        return choices
    return [c for c in choices if not any(set(c[0]) < set(other[0]) for other in choices)]


def _with_targets(record: Record, drafts: list[Draft]) -> list[Draft]:
    """`drafts` with the targets that their own words leave open, split where there is a choice."""
    found: list[Draft] = []
    for draft in drafts:
        if draft.antigens:
            found.append(draft)
            continue
        choices = _choices(record, draft, [other for other in drafts if other is not draft])
        found.extend(replace(draft, antigens=a, target=t, together=g, codes=list(draft.codes),
                             interventions=list(draft.interventions), is_choice=len(choices) > 1)
                     for a, t, g in choices)  # fmt: skip
        if not choices:
            found.append(_listed_targets(draft))
    if len(found) == 1:
        found.extend(_named_choice(record, found[0]))
    return found


def _choices(record: Record, draft: Draft, others: Sequence[Draft]) -> list[Choice]:
    levels = [ARMS, TITLES, WORDS]
    if not (draft.listed and draft.listed.target_antigens):
        levels += [("brief_summary",), ("detailed_description",)]
    for sections in levels:
        texts = record.texts_in(sections)
        if sections == ARMS and draft.interventions and record.design.arms:
            arms = {arm.number for arm in record.design.arms if set(arm.intervention_nos) & set(draft.interventions)}
            texts = [text for text in texts if text.number in arms] if arms else texts
        prose = sections[0] in ("brief_summary", "detailed_description")
        choices: list[Choice] = []
        for text in texts:
            choices += _alternatives(text, own_targets(record, draft, others, text), apart=prose)
            if sections == TITLES and not choices and not names_of(record, others, text):
                choices += [
                    (t.antigens.antigens, t, False)
                    for t in targets.in_name(text)[:1]
                    if _TITLE_TARGET.search(text.folded[max(0, t.start - 12) : t.end + 14])
                ]
            if choices and prose:
                break
        unique = list({choice[0]: choice for choice in reversed(choices)}.values())[::-1]
        if unique:
            return _widest(unique, keep=len(choices) == len(unique) and len(texts) == 1)
    return []


_TITLE_TARGET = re.compile(r"target|against|direct|anti")


def _named_choice(record: Record, only: Draft) -> list[Draft]:
    """Products that a stated choice adds: "assigned to CAR-T targeting either CD19 or BCMA"."""
    for text in record.texts_in((*TITLES, "brief_summary", "detailed_description")):
        for target in targets.attached(text) if "either" in text.folded else ():
            groups = target.antigens.groups
            either = re.search(r"\beither\b", text.folded[max(0, target.antigens.start - 30) : target.antigens.end])
            if len(groups) > 1 and either and only.antigens in groups:
                return [Draft(list(only.interventions), words=only.words, antigens=g, target=target,
                              is_choice=True)
                        for g in groups if g != only.antigens]  # fmt: skip
    return []


def _listed_targets(draft: Draft) -> Draft:
    if draft.listed and draft.listed.target_antigens:
        stated = draft.listed.stated_in["target_antigens"]
        return replace(draft, antigens=draft.listed.target_antigens, target_stated_in=stated)
    return draft


def _merged(drafts: list[Draft]) -> list[Draft]:
    """`drafts` with those of one product made one."""
    kept: list[Draft] = []
    for draft in drafts:
        same = next((other for other in kept if _is_same(other, draft)), None)
        if same is None:
            kept.append(draft)
            continue
        same.interventions += [n for n in draft.interventions if n not in same.interventions]
        same.codes += [code for code in draft.codes if code not in same.codes]
        same.key, same.named = same.key or draft.key, same.named or draft.named
        if not same.antigens:
            same.antigens, same.target, same.together = draft.antigens, draft.target, draft.together
    return kept


def _is_same(one: Draft, other: Draft) -> bool:
    for told in ("lineage", "source"):
        if getattr(one, told) and getattr(other, told) and getattr(one, told) != getattr(other, told):
            return False
    if one.key and other.key:
        return one.key == other.key and (not one.antigens or not other.antigens or one.antigens == other.antigens)
    if one.antigens and other.antigens and one.antigens != other.antigens:
        return False
    codes = ({squeeze(c) for c in one.codes}, {squeeze(c) for c in other.codes})
    return not (codes[0] and codes[1] and not codes[0] & codes[1])
