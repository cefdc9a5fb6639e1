"""The distinct CAR products of a record with their values, each value with its reason."""

from __future__ import annotations

import re

from transforms.profile.products import cells, targets
from transforms.profile.products.car import CarMention
from transforms.profile.products.catalogue import series_url, squeeze
from transforms.profile.products.combinations import combined
from transforms.profile.products.costimulation import costimulation
from transforms.profile.products.drafts import Draft, drafts
from transforms.profile.products.record import ARMS, NAMES, OWN, TITLES, WORDS, Record
from transforms.profile.products.targets import Target
from transforms.profile.reading.findings import Finding, quote, structure
from transforms.profile.reading.given import GivenProduct
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.design import Design


def trial_products(record: Record) -> tuple[list[GivenProduct], list[Finding]]:
    """The distinct CAR products of a trial that gives or follows them, and the reasons of their values."""
    found = combined(record, drafts(record))
    finished = [_finish(record, draft, place, len(found)) for place, draft in enumerate(found, 1)]
    return [product for product, _ in finished], [f for _, findings in finished for f in findings]


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
    domain = _costimulation(record, draft, own, of, place, findings)
    product = GivenProduct(
        place, draft.key, _shown(draft, kind), _shown_codes(record, draft), tuple(draft.interventions), arms,
        draft.antigens, built, kind, source.value, way, domain,
    )  # fmt: skip
    return product, [_name_finding(record, draft, product), *findings]


def _own_texts(record: Record, draft: Draft, of: int) -> list[Text]:
    """The texts that speak of this product; of the only product of a trial, all but the exclusions."""
    if of == 1:
        return [t for t in record.texts if not t.section.startswith("outcome") and t.section != "exclusion"
                and not _is_others(record, draft, t)]  # fmt: skip
    own = [t for t in record.texts_in(OWN) if t.number in draft.interventions]
    arms = set(_arms(record.design, draft))
    own += [t for t in record.texts_in(ARMS) if t.number in arms]
    return own + record.texts_in((*TITLES, *WORDS, "brief_summary", "detailed_description"))


def _is_others(record: Record, draft: Draft, text: Text) -> bool:
    return text.section in OWN and bool(draft.interventions) and text.number not in draft.interventions


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
        found[0] = found[0]._replace(rule_id="cell_source.conflict")
    return found


def _from_list(draft: Draft, attribute: str, value: str, place: int) -> Finding:
    listed = draft.listed
    assert listed is not None
    fact = "target_antigens" if attribute == "construct" else attribute
    kind = "series" if draft.series else "product"
    return Finding(attribute, value, kind, f"{attribute}.{kind}", f"products.{fact}[{listed.key}]",
                   product_no=place, stated_in=listed.stated_in.get(fact), url=listed.urls.get(fact))  # fmt: skip


def _cell_type(
    record: Record, draft: Draft, own: list[Text], of: int, place: int, findings: list[Finding]
) -> str | None:
    """The kind of cell; a special kind (γδ, NK, Treg) outdoes the general word CAR-T."""
    listed = draft.listed.cell_type if draft.listed else None
    told = [m for text in own for m in record.cars_in(text) if m.cell_type and not _is_others_name(record, draft, m)]
    spots = [m for m in told if m.is_given] or told
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
        return _redirected_type(record, place, findings) or _plain_type(record, own, place, findings)
    findings.append(quote(chosen.text, chosen.start, chosen.kind_end, "cell_type", chosen.cell_type or "",
                          "cell_type.special" if chosen in special else "cell_type.word", place))  # fmt: skip
    return chosen.cell_type


def _is_others_name(record: Record, draft: Draft, mention: CarMention) -> bool:
    """Whether a CAR word is part of another known product's name: the CAART of DSG3-CAART."""
    keys = {draft.key, *(part.key for part in draft.parts)}
    return any(
        known.start <= mention.start < known.end and known.product.key not in keys
        for known in record.named_in(mention.text)
    )


_REDIRECTED_KINDS = ((r"i?nkt|natural killer t", "CAR-iNKT"), (r"nk|natural killer", "CAR-NK"),
                     (r"γδ|gamma|gdt", "CAR-γδT"), (r"treg", "CAR-Treg"), (r"", "CAR-T"))  # fmt: skip


def _redirected_type(record: Record, place: int, findings: list[Finding]) -> str | None:
    for target in record.found.redirected:
        text = target.antigens.text
        said = text.folded[target.antigens.end : target.end]
        kind = next(kind for pattern, kind in _REDIRECTED_KINDS if re.search(pattern, said))
        findings.append(quote(text, target.start, target.end, "cell_type", kind, "cell_type.redirected", place))
        return kind
    return None


_T_CELLS = re.compile(r"(?<![a-z])t[ -]?(?:cells?|lymphocytes?)(?![a-z])")


def _plain_type(record: Record, own: list[Text], place: int, findings: list[Finding]) -> str | None:
    """CAR-T where the word CAR stands apart from its T cells: "T cell injection ... chimeric receptor"."""
    for text in own:
        match = _T_CELLS.search(text.folded) if record.cars_in(text) else None
        if match:
            findings.append(quote(text, match.start(), match.end(), "cell_type", "CAR-T", "cell_type.t_cells", place))
            return "CAR-T"
    return None


_DUAL = re.compile(
    r"\b(?:dual|bi-?specific|tandem|two)[\s\-](?:\w+[\s\-])?"
    r"(?:target\w*|antigen|car|specific\w*|ucar|universal)"
    r"|\bcompound car|\bdouble[\s\-]target\w*|\bbivalent|\bbispecific (?:car|chimeric)"
)


def _construct(draft: Draft, own: list[Text], place: int, findings: list[Finding]) -> str | None:
    """single, dual, multi or combination; "dual-target" is told even where the targets are not."""
    value = targets.construct(draft.antigens, given_together=draft.together)
    if value is not None:
        if draft.parts:
            findings.append(structure("construct", value, "construct.same_arms", "trial_arm_interventions", place))
        elif draft.target:
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
    if draft.parts:
        return [finding for part in draft.parts for finding in _target_findings(part, place)]
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


def _costimulation(
    record: Record, draft: Draft, own: list[Text], of: int, place: int, findings: list[Finding]
) -> str | None:
    """As the record tells it of this product alone, otherwise the list."""
    value, reasons = costimulation(own, record.texts if of == 1 else (), place)
    listed = draft.listed.costimulatory_domain if draft.listed else None
    if value is None and listed:
        value, reasons = listed, [_from_list(draft, "costimulatory_domain", listed, place)]
    findings += reasons
    return value


# ---- its name ----

_PLAIN_NAME = 60  # a longer intervention name is a sentence


_AROUND_NAME = re.compile(
    r"^(?:(?:arm|group|cohort) \w{1,3}|assigned interventions?|experimental|drug|biological|single dose of"
    r"|infusion of|injection of)[:\s]+"
    r"|[\s,\-]+(?:dose|regimen|cohort)(?: level| group)?[\s\d]*$|\s+for (?:arm|group|cohort)\b.*$",
    re.IGNORECASE,
)


# A group of participants, not what they receive.
_OF_ARM = re.compile(r"^(?:high|low|medium|middle|mid|intermediate)[ -]dose\b|\b(?:group|arm|cohort)s?$", re.IGNORECASE)


def _shown(draft: Draft, kind: str | None) -> str:
    """The list's name; the record's if it tells the product apart; otherwise its targets and cells."""
    if draft.parts:
        return " + ".join(_shown(part, kind) for part in draft.parts)
    if draft.listed:
        return draft.listed.product
    told = "/".join(draft.antigens)
    if draft.words and draft.words.section in NAMES and not draft.is_choice:
        name = _AROUND_NAME.sub("", " ".join(draft.words.text.split()))
        telling = (draft.codes or targets.lists(draft.words) or not told) and not _OF_ARM.search(name)
        if telling and len(name) <= _PLAIN_NAME:
            return name
    if draft.codes:
        return draft.codes[0]
    return " ".join(part for part in (told, kind or "CAR") if part)


def _shown_codes(record: Record, draft: Draft) -> tuple[str, ...]:
    """Codes and names that the record uses for it, as written."""
    if draft.parts:
        return tuple(dict.fromkeys(code for part in draft.parts for code in _shown_codes(record, part)))
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
    if draft.series:
        m = draft.series
        series = m.text.text[m.text.start + m.start : m.text.start + m.end]
        return Finding("product", product.product, "series", "product.series", m.text.field_path, product_no=place,
                       stated_in=f"the trial is called {series}", url=series_url(m))  # fmt: skip
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
