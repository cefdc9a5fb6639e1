"""From what a record says of its CAR cells to its distinct products, each value with its reason.

An intervention, an arm or, where neither tells, a title names a product. Two names are one product
when the product list says so, or when targets and codes agree. A choice ("CD19 or BCMA") is two
products; what is given together ("BCMA CAR-T and CD19 CAR-T") is one combination.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from transforms.profile import cells, targets
from transforms.profile.car import CarMention, context
from transforms.profile.design import Design, Intervention
from transforms.profile.findings import Finding, quote
from transforms.profile.given import GivenProduct
from transforms.profile.products import Product, ProductMention, catalogue, squeeze
from transforms.profile.scope import Mentions, is_other_agent
from transforms.profile.targets import Target
from transforms.profile.texts import Text

NAMES = ("intervention_name", "intervention_other_name")
OWN = (*NAMES, "intervention_description")
ARMS = ("arm_label", "arm_description")
TITLES = ("brief_title", "official_title", "acronym")
WORDS = ("condition", "keyword")
_NUMBER = re.compile(r"\[(\d+)\]")
# What makes a name another product's: letters and digits, but no antigen, cytokine, dose or regimen.
_CODE = re.compile(
    r"(?<![^\W_])(?!cd\d|il-?\d|cohort|dose|day|phase|arm|part|level|group|week|regimen|4-1bb|igg|covid|anti)"
    r"(?:[a-z]{1,7}[- ]?\d{2,6}[a-z]?\d{0,3}(?:[-.][a-z0-9]{1,6})?|[a-z]{2,7}-[a-z]{3,4}\d?)(?![^\W_])"
)
_NOT_A_CODE = re.compile(r"^(?:car|ucar|cart|ucart|caart|star|t|nk|b|anti|pre|post|dose|flu|in)[- ]|^(?:car|cart|ucart)\d")


@dataclass(slots=True)
class Draft:
    """A product in the making."""

    interventions: list[int] = field(default_factory=list)
    key: str | None = None
    named: ProductMention | None = None
    codes: list[str] = field(default_factory=list)
    words: Text | None = None  # the text that names it
    antigens: tuple[str, ...] = ()
    target: Target | None = None
    target_stated_in: str | None = None
    together: bool = False

    @property
    def listed(self) -> Product | None:
        return catalogue()[self.key] if self.key else None


class Record:
    """The texts and mentions of one study, sorted for the product rules."""

    def __init__(self, texts: Sequence[Text], found: Mentions, design: Design) -> None:
        self.texts, self.found, self.design = texts, found, design
        self._targets: dict[int, list[Target]] = {}

    def texts_in(self, sections: Iterable[str], intervention: int | None = None) -> list[Text]:
        wanted = tuple(sections)
        return [t for t in self.texts if t.section in wanted
                and (intervention is None or number(t) == intervention)]  # fmt: skip

    def targets_in(self, text: Text) -> list[Target]:
        """Antigen lists of `text` tied to a CAR, read once."""
        key = id(text)
        if key not in self._targets:
            self._targets[key] = targets.attached(text, self.cars_in(text))
        return self._targets[key]

    def cars_in(self, text: Text) -> list[CarMention]:
        return [mention for mention in self.found.cars if mention.text is text]

    def named_in(self, text: Text) -> list[ProductMention]:
        return [mention for mention in self.found.products if mention.text is text]


def number(text: Text) -> int | None:
    """The item that a field path names: 2 for trial_interventions.other_names[2][1]."""
    match = _NUMBER.search(text.field_path)
    return int(match.group(1)) if match else None


# ---- drafts ----


def trial_products(record: Record) -> tuple[list[GivenProduct], list[Finding]]:
    """The distinct CAR products of a trial that gives or follows them, and the reasons of their values."""
    drafts = _merged([draft for item in _car_interventions(record) for draft in _of_intervention(record, item)])
    drafts = drafts or _merged(_from_texts(record))
    if len(drafts) == 1 and drafts[0].key is None:
        _recognise(record, drafts[0])
    drafts = _merged(_with_targets(record, drafts))
    finished = [_finish(record, draft, place, len(drafts)) for place, draft in enumerate(drafts, 1)]
    return [product for product, _ in finished], [f for _, findings in finished for f in findings]


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
        if any(t.antigens.text is text for t in record.found.redirected):
            return True
    if is_other_agent(item):
        return False
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
    base = Draft([item.number], named[0].product.key if named else None, named[0] if named else None, codes, words)
    for text in record.texts_in(OWN, item.number):
        found = _alternatives(text, record.targets_in(text), apart=text.section == "intervention_description")
        if found:
            return [replace(base, antigens=a, target=t, together=g, codes=list(codes)) for a, t, g in found]
    for text in own:
        here = targets.in_name(text) if _is_car_name(record, text, item) else []
        if here:
            return [replace(base, antigens=here[0].antigens.antigens, target=here[0])]
    return [base]


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


def _alternatives(text: Text, found: list[Target], *, apart: bool = False) -> list[Choice]:
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
        choices = _choices(record, draft)
        found.extend(replace(draft, antigens=a, target=t, together=g, codes=list(draft.codes))
                     for a, t, g in choices)  # fmt: skip
        if not choices:
            found.append(_listed_targets(draft))
    if len(found) == 1:
        found.extend(_named_choice(record, found[0]))
    return found


def _choices(record: Record, draft: Draft) -> list[Choice]:
    levels = [ARMS, TITLES, WORDS]
    if not (draft.listed and draft.listed.target_antigens):
        levels += [("brief_summary",), ("detailed_description",)]
    for sections in levels:
        texts = record.texts_in(sections)
        if sections == ARMS and draft.interventions and record.design.arms:
            arms = {arm.number for arm in record.design.arms if set(arm.intervention_nos) & set(draft.interventions)}
            texts = [text for text in texts if number(text) in arms] if arms else texts
        prose = sections[0] in ("brief_summary", "detailed_description")
        choices: list[Choice] = []
        for text in texts:
            choices += _alternatives(text, record.targets_in(text), apart=prose)
            if sections == TITLES and not choices:
                choices += [(t.antigens.antigens, t, False) for t in targets.in_name(text)[:1]
                            if _TITLE_TARGET.search(text.folded[max(0, t.start - 12) : t.end + 14])]  # fmt: skip
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
        for target in record.targets_in(text):
            groups = target.antigens.groups
            either = re.search(r"\beither\b", text.folded[max(0, target.antigens.start - 30) : target.antigens.end])
            if len(groups) > 1 and either and only.antigens in groups:
                return [Draft(list(only.interventions), words=only.words, antigens=g, target=target)
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
    if one.key and other.key:
        return one.key == other.key and (not one.antigens or not other.antigens or one.antigens == other.antigens)
    if one.antigens and other.antigens and one.antigens != other.antigens:
        return False
    codes = ({squeeze(c) for c in one.codes}, {squeeze(c) for c in other.codes})
    return not (codes[0] and codes[1] and not codes[0] & codes[1])


# ---- the values of one product ----


def _finish(record: Record, draft: Draft, place: int, of: int) -> tuple[GivenProduct, list[Finding]]:
    own = _own_texts(record, draft, of)
    findings: list[Finding] = []
    source = cells.source(cells.source_words(own), own, draft.listed.cell_source if draft.listed else None)
    findings += _source_findings(source, draft, place)
    kind = _cell_type(record, draft, own, of, place, findings)
    built = _construct(draft, own, place, findings)
    findings += _target_findings(draft, place)
    way = _delivery(draft, own, source.value, place, findings)
    arms = _arms(record.design, draft)
    product = GivenProduct(
        place, draft.key, _shown(draft, kind), _shown_codes(record, draft), tuple(draft.interventions), arms,
        draft.antigens, built, kind, source.value, way,
    )  # fmt: skip
    return product, [_name_finding(record, draft, product), *findings]


def _own_texts(record: Record, draft: Draft, of: int) -> list[Text]:
    """The texts that speak of this product; of the only product of a trial, all but the exclusions."""
    if of == 1:
        return [t for t in record.texts if not t.section.startswith("outcome") and t.section != "exclusion"
                and not _is_others(record, draft, t)]  # fmt: skip
    own = [t for t in record.texts_in(OWN) if number(t) in draft.interventions]
    arms = set(_arms(record.design, draft))
    own += [t for t in record.texts_in(ARMS) if number(t) in arms]
    shared = [t for t in record.texts_in((*TITLES, *WORDS, "brief_summary", "detailed_description"))]
    return own + shared


def _is_others(record: Record, draft: Draft, text: Text) -> bool:
    return text.section in OWN and bool(draft.interventions) and number(text) not in draft.interventions


def _arms(design: Design, draft: Draft) -> tuple[int, ...]:
    linked = tuple(arm.number for arm in design.arms if set(arm.intervention_nos) & set(draft.interventions))
    if not linked and len(design.arms) == 1:
        return (design.arms[0].number,)
    return linked


def _source_findings(source: cells.Source, draft: Draft, place: int) -> list[Finding]:
    if source.value is None:
        return []
    if source.word is None:
        return [_from_list(draft, "cell_source", source.value, place)]
    word = source.word
    found = [quote(word.text, word.start, word.end, "cell_source", source.value, source.rule_id, place)]
    if source.conflict:
        found[0] = replace(found[0], rule_id="cell_source.conflict")
    return found


def _from_list(draft: Draft, attribute: str, value: str, place: int) -> Finding:
    listed = draft.listed
    assert listed is not None
    fact = "target_antigens" if attribute == "construct" else attribute
    return Finding(attribute, value, "product", f"{attribute}.product", f"products.{fact}[{listed.key}]",
                   product_no=place, stated_in=listed.stated_in.get(fact))  # fmt: skip


def _cell_type(
    record: Record, draft: Draft, own: list[Text], of: int, place: int, findings: list[Finding]
) -> str | None:
    """The kind of cell; a special kind (γδ, NK, Treg) outdoes the general word CAR-T."""
    listed = draft.listed.cell_type if draft.listed else None
    spots = [m for text in own for m in record.cars_in(text) if m.is_given and m.cell_type]
    if not spots:
        spots = [m for text in own for m in record.cars_in(text) if m.cell_type]
    names = [m for m in spots if m.text.section in NAMES]
    special = [m for m in spots if m.cell_type != "CAR-T" and m.text.section != "detailed_description"]
    kinds = {m.cell_type for m in special}
    chosen = names[0] if names else (spots[0] if spots else None)
    if len(kinds) == 1 and (not names or of == 1 or names[0] in special):
        chosen = special[0]
    if listed and (chosen is None or (chosen.cell_type == "CAR-T" and listed != "CAR-T")):
        findings.append(_from_list(draft, "cell_type", listed, place))
        return listed
    if chosen is None:
        return _redirected_type(record, place, findings)
    findings.append(quote(chosen.text, chosen.start, chosen.kind_end, "cell_type", chosen.cell_type or "",
                          "cell_type.special" if chosen in special else "cell_type.word", place))  # fmt: skip
    return chosen.cell_type


_REDIRECTED_KINDS = ((r"i?nkt|natural killer t", "CAR-iNKT"), (r"nk|natural killer", "CAR-NK"),
                     (r"γδ|gamma", "CAR-γδT"), (r"treg", "CAR-Treg"), (r"", "CAR-T"))  # fmt: skip


def _redirected_type(record: Record, place: int, findings: list[Finding]) -> str | None:
    for target in record.found.redirected:
        text = target.antigens.text
        said = text.folded[target.antigens.end : target.end]
        kind = next(kind for pattern, kind in _REDIRECTED_KINDS if re.search(pattern, said))
        findings.append(quote(text, target.start, target.end, "cell_type", kind, "cell_type.redirected", place))
        return kind
    return None


_DUAL = re.compile(r"\b(?:dual|bi-?specific|tandem|two)[\s\-](?:\w+[\s\-])?(?:target\w*|antigen|car|specific\w*|ucar|universal)"
                   r"|\bcompound car|\bdouble[\s\-]target\w*|\bbivalent|\bbispecific (?:car|chimeric)")  # fmt: skip


def _construct(draft: Draft, own: list[Text], place: int, findings: list[Finding]) -> str | None:
    """single, dual, multi or combination; "dual-target" is told even where the targets are not."""
    value = targets.construct(draft.antigens, given_together=draft.together)
    if value is not None:
        if draft.target:
            findings.append(_quoted(draft.target, "construct", value, f"construct.{value}", place))
        else:
            findings.append(_from_list(draft, "construct", value, place))
        return value
    for text in own:
        match = _DUAL.search(text.folded)
        if match and text.section not in ("inclusion", "detailed_description"):
            findings.append(quote(text, match.start(), match.end(), "construct", "dual", "construct.word", place))
            return "dual"
    return None


def _quoted(target: Target, attribute: str, value: str, rule_id: str, place: int) -> Finding:
    return quote(target.antigens.text, target.start, target.end, attribute, value, rule_id, place)


def _target_findings(draft: Draft, place: int) -> list[Finding]:
    if draft.target is None:
        return [_from_list(draft, "target_antigens", antigen, place) for antigen in draft.antigens]
    return [_quoted(draft.target, "target_antigens", a, draft.target.rule_id, place) for a in draft.antigens]


def _delivery(
    draft: Draft, own: list[Text], cell_source: str | None, place: int, findings: list[Finding]
) -> str | None:
    nanoparticle = cell_source != "in vivo" and any("nanoparticle" in t.folded or "lnp" in t.folded for t in own)
    told = cells.delivery(cells.delivery_words(own), cell_source, nanoparticle=nanoparticle)
    if told:
        value, word = told
        findings.append(quote(word.text, word.start, word.end, "gene_delivery", value, "gene_delivery.word", place))
        return value
    listed = draft.listed.gene_delivery if draft.listed else None
    if listed:
        findings.append(_from_list(draft, "gene_delivery", listed, place))
    return listed


# ---- its name ----

_PLAIN_NAME = 60  # a longer intervention name is a sentence


def _shown(draft: Draft, kind: str | None) -> str:
    if draft.listed:
        return draft.listed.product
    if draft.words and draft.words.section in NAMES and len(draft.words.text) <= _PLAIN_NAME:
        return " ".join(draft.words.text.split())
    if draft.codes:
        return draft.codes[0]
    return " ".join(part for part in ("/".join(draft.antigens), kind or "CAR") if part)


def _shown_codes(record: Record, draft: Draft) -> tuple[str, ...]:
    """Codes and names that the record uses for it, as written."""
    if not draft.listed:
        return tuple(draft.codes)
    found: dict[str, str] = {}
    for mention in record.found.products:
        if mention.product.key == draft.key:
            first, last = mention.text.start + mention.start, mention.text.start + mention.end
            written = mention.text.text[first:last]
            found.setdefault(squeeze(written), written)
    return tuple(found.values())


def _name_finding(record: Record, draft: Draft, product: GivenProduct) -> Finding:
    place = product.product_no
    if draft.named:
        m = draft.named
        return quote(m.text, m.start, m.end, "product", product.product, "product.listed", place)
    if draft.words and draft.words.section in NAMES:
        return quote(draft.words, 0, len(draft.words.folded), "product", product.product, "product.intervention", place)
    for text in record.texts:
        for mention in record.cars_in(text):
            return quote(text, mention.start, mention.kind_end, "product", product.product, "product.words", place)
    return Finding("product", product.product, "structure", "product.intervention",
                   "trial_interventions.name", product_no=place)  # fmt: skip
