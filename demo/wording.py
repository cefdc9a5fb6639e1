"""Sentences of made-up registrations: titles, summaries, descriptions. Nobody's text but ours."""

from __future__ import annotations

from demo.diseases import DISEASES
from demo.draws import Draw
from demo.plan import Plan
from demo.products import PRODUCTS, Product

PEOPLE = {"adults": "adults", "children": "children and adolescents", "all": "patients of any age"}

TITLES = {
    "company": (
        "A Study of {name} in {People} With {Disease}",
        "{name} for {People} Living With {Disease}",
        "Safety, Cell Kinetics and Benefit of {name} in {Disease}",
        "Early Trial of {name} ({Noun}) in {Disease} That Resists Treatment",
    ),
    "hospital": (
        "{Noun} for {Disease} That Resists Treatment",
        "{Noun} in {People} With {Disease}: an Academic Trial",
        "Resetting B Cells in {Disease} by {Noun}",
    ),
    "chinese": (
        "Exploratory Clinical Study of {Noun} for Relapsed/Refractory {Disease}",
        "{Noun} in Treating {Disease}（Refractory）",
        "A Clinical Research of {Noun} on {Disease}",
        "Safety and Preliminary Effect of {Noun} Injection for {Disease}",
    ),
}
OFFICIAL = {
    "company": (
        "{Phase} Trial to Learn How Safe {name} Is and Whether It Helps {People} With {Disease}",
        "An Open Trial ({Phase}) of One Course of {name}, {Noun}, in {People} With {Disease}",
    ),
    "hospital": ("Investigator-led {Phase} Trial of {Noun} in {People} With {Disease} After Failure of Usual Drugs",),
    "chinese": (
        "An Exploratory Clinical Study on Tolerability and Effect of {Noun} for Patients With Refractory {Disease}",
        "Single Center Research: Treatment of Relapsed、Refractory {Disease} by {Noun}",
    ),
}
SUMMARIES = (
    "The trial asks whether {called} can be given safely to {people} with {disease} that did not yield to the usual "
    "drugs. It also looks at how long participants stay well once all other treatment is stopped.",
    "{People} with {disease} who still have active disease receive {called}. Researchers watch for harm first, then "
    "for remission, and follow each person for {follow_up}.",
    "Some people with {disease} do not respond to any available medicine. In this trial they are given {called}, and "
    "their B cells, autoantibodies and symptoms are measured at regular visits.",
    "We want to learn which amount of {called} is well tolerated in {disease}, how the cells expand in blood and "
    "whether the disease goes quiet.",
)
CHINESE_SUMMARIES = (
    "To observe the tolerability and the preliminary effect of {called} for {disease}. Subjects whose disease came "
    "back or never responded will be enrolled, and be observed for {follow_up}.",
    "This is a small exploratory research of {called}; subjects with refractory {disease} will receive the infusion "
    "and safety、kinetics and effect are to be evaluated.",
)
BACKGROUNDS = (
    "In {disease} B cells and plasma cells make the antibodies that harm organs, and drugs seldom remove all of them.",
    "Deep removal of B-lineage cells may let the immune system start anew in {disease}; case series point that way.",
    "Treatment of {disease} today means years of immune suppression, with infections and damage as its price.",
)
SOURCES = {
    "autologous": (
        "White cells are collected from the participant by leukapheresis, and the autologous product comes back in "
        "three to four weeks.",
        "Each participant's own T cells are taken at leukapheresis, changed in the laboratory and returned to the same "
        "person.",
    ),
    "allogeneic": (
        "The cells come from healthy donors and wait frozen off the shelf; TRAC and B2M are knocked out, so nobody "
        "undergoes apheresis.",
        "This allogeneic product is made ahead of time from donor cells, and the participant gives none.",
    ),
    "in vivo": (
        "Nothing is made outside the body: after an intravenous injection the CAR forms in vivo, on the patient's own "
        "T cells, and no leukapheresis takes place.",
    ),
}
DELIVERIES = {
    "lentiviral": "The receptor gene is carried by a lentiviral vector.",
    "retroviral": "A gamma-retroviral vector brings the receptor gene into the cells.",
    "mRNA": "The receptor is carried in as mRNA and fades within days, so the cells are infused repeatedly.",
    "mRNA-LNP": "Lipid nanoparticles (LNP) bring the receptor's mRNA to circulating T cells.",
    "lentiviral in vivo": "A lentiviral vector that homes to T cells is injected once.",
    "knock-in": "The receptor gene is knocked in at the TRAC locus with CRISPR.",
}
PLANS_OF_VISITS = (
    "After the infusion visits are weekly for a month, monthly to month 6 and quarterly after that, up to {follow_up}.",
    "Participants stay near the hospital for four weeks; later visits run up to {follow_up}.",
    "A safety board looks at every third participant before the next one is treated. Observation lasts {follow_up}.",
)


def title_case(words: str) -> str:
    """Upper-case initials for words that have no capital of their own."""
    small = {"of", "and", "or", "the", "by", "in", "on", "a", "that", "with", "from", "for", "to"}
    return " ".join(
        word if word in small or word != word.lower() else word[:1].upper() + word[1:] for word in words.split(" ")
    )


def joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def length(months: int) -> str:
    """A time as registrations write it, not always in months."""
    if months >= 60 and months % 12 == 0:
        return f"{months // 12} years"
    return {12: "52 weeks", 24: "24 months", 36: "3 years"}.get(months, f"{months} months")


def noun(product: Product, draw: Draw) -> str:
    return draw.one(product.nouns)


def called(plan: Plan, draw: Draw) -> str:
    """The products in running text, a code with what it is: 'FBL-119 (anti-CD19 CAR T cells)'."""
    words = []
    for key in plan.products:
        product = PRODUCTS[key]
        if "-" in key and not product.open_facts:  # a company's code
            what = noun(product, draw)
            words.append(f"{product.name}, {what}," if "(" in what else f"{product.name} ({what})")
        else:
            words.append(noun(product, draw))
    if plan.together:
        return " together with ".join(words)
    return " or ".join(words)


def joined_diseases(keys: tuple[str, ...]) -> str:
    """Diseases in running text; three or more by their short forms."""
    if len(keys) > 2:
        return joined([DISEASES[key].short for key in keys])
    return " or ".join(DISEASES[key].name for key in keys)


def slots(plan: Plan, draw: Draw) -> dict[str, str]:
    disease = joined_diseases(plan.diseases[:4])
    product = PRODUCTS[plan.products[0]]
    nouns = [noun(PRODUCTS[key], draw) for key in plan.products]
    phase = " and ".join(
        {"NA": "Pilot", "EARLY_PHASE1": "Early", "PHASE1": "Phase 1", "PHASE2": "Phase 2", "PHASE3": "Phase 3"}.get(
            phase, phase.title())
        for phase in plan.phases or ("NA",)
    )  # fmt: skip
    people = PEOPLE[plan.ages]
    return {
        "name": " and ".join(PRODUCTS[key].name for key in plan.products), "disease": disease,
        "Disease": title_case(disease), "people": people, "People": title_case(people), "Phase": phase,
        "Noun": title_case((" and " if plan.together else " or ").join(nouns)), "noun": product.nouns[0],
        "called": called(plan, draw), "follow_up": length(plan.follow_up),
    }  # fmt: skip


def titles(plan: Plan, words: dict[str, str], draw: Draw) -> tuple[str, str]:
    """(brief, official)"""
    patterns = TITLES[plan.style]
    if "CAR" not in words["Noun"] and plan.style == "company":
        patterns = patterns[:3]
    brief = plan.brief_title or draw.one(patterns).format(**words)
    return brief, draw.one(OFFICIAL[plan.style]).format(**words)


def capital(sentence: str) -> str:
    """The sentence with a capital, unless its first word has one of its own (mRNA, iPSC)."""
    first = sentence.split(" ", 1)[0]
    return sentence if first != first.lower() else sentence[:1].upper() + sentence[1:]


def summary(plan: Plan, words: dict[str, str], draw: Draw) -> str:
    patterns = CHINESE_SUMMARIES if plan.style == "chinese" else SUMMARIES
    return capital(draw.one(patterns).format(**words | {"People": capital(words["people"])}))


def source_sentence(product: Product, draw: Draw) -> str | None:
    """Where the cells come from, unless the record is to leave it open."""
    if product.open_facts or product.source is None:
        return None
    sentences = SOURCES[product.source]
    if product.source == "allogeneic" and product.cell_type != "CAR-T":
        return sentences[-1]  # only T cells need the knock-out
    return draw.one(sentences)


def detailed_description(plan: Plan, words: dict[str, str], draw: Draw) -> str:
    product = PRODUCTS[plan.products[0]]
    making = [source_sentence(product, draw), DELIVERIES.get(product.delivery or "")]
    paragraphs = [
        draw.one(BACKGROUNDS).format(**words),
        " ".join(sentence for sentence in making if sentence),
        draw.one(PLANS_OF_VISITS).format(**words),
    ]
    if product.open_facts and product.name != "YTB323":
        paragraphs[1] = f"{product.name} is a CAR-T cell product; this record leaves its design to published sources."
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
