"""What a paper is about, by the rules that read trials: title and abstract instead of a registration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from transforms.profile.products import car, catalogue, targets
from transforms.profile.reading.texts import Text, fold
from transforms.profile.trial.diseases import diseases

# MeSH headings that say CAR cells; new records have none yet.
CAR_HEADINGS = frozenset({"receptors, chimeric antigen"})


def profile_paper(
    title: str | None,
    abstract: str | None = None,
    mesh_terms: Sequence[str] | None = None,
    publication_types: Sequence[str] | None = None,  # no rule needs it yet; a notice is about its paper's subject
) -> dict[str, Any]:
    """scope, diseases and target_antigens of a paper, for table publications.

    in_scope: about CAR-engineered cells in immune-mediated disease, reviews and laboratory work too.
    The title decides; an abstract adds what a title leaves open ("CAR T cells beyond cancer").
    """
    read = _texts(title, abstract, mesh_terms)
    cars = {id(text): car.mentions(text) for text in read}
    named = catalogue.mentions(text for text in read if text.section != "keyword")
    headings = {fold(term).partition("/")[0] for term in mesh_terms or ()}
    if not (any(cars.values()) or named or headings & CAR_HEADINGS):
        return {"scope": "out_of_scope", "diseases": _diseases(read), "target_antigens": []}
    # "Beyond cancer" names cancer to leave it behind.
    told = diseases([t for t in read if not (t.section == "brief_title" and "beyond" in t.folded)], deep=True)
    of_title = diseases([text for text in read if text.section == "brief_title"], deep=False)
    in_title = any(cars[id(t)] for t in read if t.section == "brief_title") or any(
        m.text.section == "brief_title" for m in named)  # fmt: skip
    about_car = in_title or bool(headings & CAR_HEADINGS) or _is_subject(read, cars, len(named))
    about_immune = of_title.immune_mediated or _speaks_of_field(read) or (
        told.immune_mediated and (not of_title.malignant or not told.malignant))  # fmt: skip
    inside = about_car and about_immune and not _is_complication(read, cars)
    return {
        "scope": "in_scope" if inside else "out_of_scope",
        "diseases": sorted({*told.diseases, *of_title.diseases}),
        "target_antigens": _targets(read, named),
    }


def _texts(title: str | None, abstract: str | None, mesh_terms: Sequence[str] | None) -> list[Text]:
    found = []
    for section, field_path, text in (("brief_title", "publications.title", title),
                                      ("brief_summary", "publications.abstract", abstract)):  # fmt: skip
        if isinstance(text, str) and text:
            found.append(Text(section, field_path, text, fold(text)))
    for place, term in enumerate(mesh_terms or (), 1):
        if isinstance(term, str) and term:
            found.append(Text("keyword", f"publications.mesh_terms[{place}]", term, fold(term)))
    return found


def _diseases(read: Sequence[Text]) -> list[str]:
    return sorted(diseases([text for text in read if text.section == "brief_title"]).diseases)


def _is_subject(read: Sequence[Text], cars: dict[int, tuple[car.CarMention, ...]], named: int) -> bool:
    """Whether an abstract speaks of CAR cells more than in passing: twice, and not only as background."""
    mentions = [m for text in read if text.section == "brief_summary" for m in cars[id(text)]]
    given = [m for m in mentions if m.context in (None, "recipients", "prior")]
    return len(mentions) + named >= 3 and len(given) >= 2


# Titles of reviews name the field, not a disease.
_FIELD = re.compile(r"autoimmun|rheumatolog|neuro-?(?:auto)?immun|immune-mediated")


def _speaks_of_field(read: Sequence[Text]) -> bool:
    return any(_FIELD.search(text.folded) for text in read if text.section == "brief_title")


_HARM = re.compile(r"complication|toxicit|adverse|-related\b|associated with car|induced by car|new-onset")
_BENEFIT = re.compile(r"patients with|treatment of|refractory|remission|relaps|response|efficacy")


def _is_complication(read: Sequence[Text], cars: dict[int, tuple[car.CarMention, ...]]) -> bool:
    """A title on an immune-mediated disease that CAR cells given for cancer have caused."""
    for text in read:
        if text.section == "brief_title":
            told = {mention.context for mention in cars[id(text)]}
            after = told == {"prior"} or bool(_AFTER_PRODUCT.search(text.folded))
            return bool(after or _HARM.search(text.folded)) and not _BENEFIT.search(text.folded)
    return False


_AFTER_PRODUCT = re.compile(r"\b(?:after|following) [a-z]{2,12}-cel\b")


def _targets(read: Sequence[Text], named: list[catalogue.ProductMention]) -> list[str]:
    """Antigens that the title ties to a CAR; otherwise all that the abstract does, and known products'."""
    listed = {antigen for m in named for antigen in m.product.target_antigens}
    for section in ("brief_title", "brief_summary"):
        found = {
            antigen
            for text in read if text.section == section
            for target in targets.attached(text)
            for antigen in target.antigens.antigens
        }  # fmt: skip
        if found:
            return sorted(found)
        here = {a for m in named if m.text.section == section for a in m.product.target_antigens}
        if here:
            return sorted(here)
    return sorted(listed)
