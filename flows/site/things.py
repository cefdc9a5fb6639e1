"""Products, sponsors and diseases as things with a page each: name, address, facts and trials."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from flows.report.dossier import Dossier
from flows.report.reading import Row
from warehouse.querying.words import folded

KINDS = {"disease": "diseases", "product": "products", "sponsor": "sponsors"}  # kind -> its folder
SLUG_LENGTH = 60
# Names that Windows takes for devices, whatever their ending.
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))})

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Thing:
    """One thing. `key` is what the trials call it by, `also` its other names; `trials` as the list has them."""

    kind: str
    key: str
    name: str
    slug: str
    trials: tuple[Dossier, ...]
    facts: Facts = ()
    also: tuple[str, ...] = ()
    note: str = ""

    @property
    def path(self) -> str:
        """Its page, from the root of the site."""
        return f"{KINDS[self.kind]}/{self.slug}.html"


def slugs(names: Iterable[str]) -> dict[str, str]:
    """A file's name for each name, the same in every release that has the same names.

    Names of one slug, or of none that a reader could tell, carry a piece of their hash.
    """
    plain = {name: _slug(name) for name in names}
    shared = Counter(plain.values())
    is_telling = {name: bool(slug) and shared[slug] == 1 and slug not in DEVICES for name, slug in plain.items()}
    return {name: slug if is_telling[name] else f"{slug}-{_mark(name)}".strip("-") for name, slug in plain.items()}


def _mark(name: str) -> str:
    return sha256(name.encode("utf-8", "replace")).hexdigest()[:8]


def _slug(name: str) -> str:
    """ASCII letters and digits of a name, cut at SLUG_LENGTH; nothing where half of it or more is lost."""
    letters = unicodedata.normalize("NFKD", name).lower()
    ascii_only = letters.encode("ascii", "ignore").decode()
    n_given = sum(sign.isalnum() for sign in letters)
    if 2 * sum(sign.isalnum() for sign in ascii_only) <= n_given or ascii_only in ("index",):
        return ""
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
    return slug if len(slug) <= SLUG_LENGTH else ""


def diseases(listed: Sequence[Dossier], known: Sequence[Row]) -> list[Thing]:
    """Every disease of the trials listed; a form counts for what it is a form of too."""
    facts = {row["disease"]: _disease_facts(row) for row in known}
    of = _by_key(listed, {d.nct_id: [(name, name) for name in d.row["diseases"] or ()] for d in listed})
    return _things("disease", of, facts)


def sponsors(listed: Sequence[Dossier]) -> list[Thing]:
    """Every lead sponsor of the trials listed, under one spelling."""
    named = {d.nct_id: d.row["sponsor_canonical"] or d.row["lead_sponsor"] for d in listed}
    of = _by_key(listed, {nct_id: [(name, name)] for nct_id, name in named.items() if name})
    facts, also = {}, {}
    for key, (_, trials) in of.items():
        kinds = sorted({d.row["sponsor_type"] for d in trials if d.row["sponsor_type"]})
        facts[key] = (("Kind", ", ".join(kinds)),) if kinds else ()
        also[key] = tuple(sorted({d.row["lead_sponsor"] for d in trials if d.row["lead_sponsor"]} - {key}))
    return _things("sponsor", of, facts, also)


def products(listed: Sequence[Dossier], given: Mapping[str, Sequence[Row]], known: Sequence[Row]) -> list[Thing]:
    """Every product of the trials listed. Of those that are on no list, spellings that differ in signs are one."""
    of = _by_key(
        listed,
        {d.nct_id: [(product_key(row), row["product"]) for row in given.get(d.nct_id, ())] for d in listed},
    )
    listed_keys = {row["product_key"]: row for row in known}
    facts = {key: _product_facts(listed_keys[key]) for key in of if key in listed_keys}
    also = {key: tuple(dict.fromkeys([*listed_keys[key]["names"], *listed_keys[key]["codes"]])) for key in facts}
    return _things("product", of, facts, also, unlisted="These are the records' own words, of a product that is on no "
        "list of products: trials that use the same words need not give the same product.")  # fmt: skip


def product_key(row: Row) -> str:
    """By what the trials of one product are found: its key, or its words without case and signs."""
    return str(row["product_key"] or f"named {folded(row['product']) or row['product']}")


Found = dict[str, tuple[str, list[Dossier]]]  # key -> (name, trials)


def _by_key(listed: Sequence[Dossier], keys: Mapping[str, Sequence[tuple[str, str]]]) -> Found:
    trials: dict[str, dict[str, Dossier]] = {}
    names: dict[str, Counter[str]] = {}
    for dossier in listed:
        for key, name in keys.get(dossier.nct_id, ()):
            trials.setdefault(key, {})[dossier.nct_id] = dossier
            names.setdefault(key, Counter())[name] += 1
    most = {key: min(said, key=lambda name: (-said[name], name)) for key, said in names.items()}
    return {key: (most[key], list(of.values())) for key, of in trials.items()}


def _things(
    kind: str, of: Found, facts: Mapping[str, Facts], also: Mapping[str, tuple[str, ...]] | None = None,
    unlisted: str = "",
) -> list[Thing]:  # fmt: skip
    """Things, those with the most trials first."""
    slug_of = slugs(name if key == name else key for key, (name, _) in of.items())
    return sorted(
        (
            Thing(
                kind, key, name, slug_of[key], tuple(trials), facts.get(key, ()),
                tuple(other for other in (also or {}).get(key, ()) if other != name),
                unlisted if key not in facts else "",
            )
            for key, (name, trials) in of.items()
        ),
        key=lambda thing: (-len(thing.trials), thing.name.casefold(), thing.key),
    )  # fmt: skip


def _disease_facts(row: Row) -> Facts:
    told = (("A form of", row["parent_disease"]), ("Group", row["disease_group"]), ("MeSH", row["mesh_id"]))
    return tuple((label, value) for label, value in told if value)


def _product_facts(row: Row) -> Facts:
    told = [("Names", ", ".join(row["names"])), ("Codes", ", ".join(row["codes"]))]
    for label, column in (
        ("Target antigens", "target_antigens"), ("Construct", "construct"), ("Cell type", "cell_type"),
        ("Cell source", "cell_source"), ("Gene delivery", "gene_delivery"),
        ("Costimulatory domain", "costimulatory_domain"),
    ):  # fmt: skip
        value = ", ".join(row[column]) if isinstance(row[column], list) else row[column]
        stated = ", ".join(one for one in (row.get(f"{column}_stated_in"), row.get(f"{column}_url")) if one)
        told.append((label, f"{value} (stated in: {stated})" if value and stated else value or ""))
    return tuple((label, value) for label, value in told if value)
