"""The search's own index: an entry for each trial, product, sponsor, disease and country, small enough for a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

from flows.report import words
from flows.report.dossier import Dossier
from flows.site.contents import Site
from transforms.clinicaltrials.places import country_code
from transforms.synonyms import synonyms

# (kind, what is shown, a line below, address from the root, its other names)
Entry = tuple[str, str, str, str, list[str]]
OF_KIND = {"disease": "disease", "sponsor": "sponsor"}  # kind of thing -> facet whose synonyms name it


def index(site: Site) -> list[Entry]:
    """All entries; things before trials, since a name is meant as one."""
    return [*_things(site), *_countries(site), *(_trial(site, dossier) for dossier in site.trials)]


def _things(site: Site) -> Iterator[Entry]:
    said = {kind: _named(facet) for kind, facet in OF_KIND.items()}
    for thing in site.things:
        also = [*thing.also, *said.get(thing.kind, {}).get(thing.key, ())]
        n_trials = words.counted(len(thing.trials), "trial")
        yield thing.kind, thing.name, n_trials, thing.path, list(dict.fromkeys(also))


def _named(facet: str) -> dict[str, list[str]]:
    """Value of a facet -> what people also call it."""
    found: dict[str, list[str]] = {}
    for word, values in synonyms().get(facet, {}).items():
        for value in values:
            found.setdefault(value, []).append(word)
    return found


def _countries(site: Site) -> Iterator[Entry]:
    said = _named("country")
    counts = Counter(country for dossier in site.listed for country in dossier.row["countries"] or ())
    for country, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        code = country_code(country)
        yield (
            "country",
            country,
            words.counted(n, "trial"),
            f"index.html#country={quote(country, errors='replace')}",
            [code, *said.get(code, ())] if code else [],
        )


def _trial(site: Site, dossier: Dossier) -> Entry:
    row = dossier.row
    title = row["brief_title"] or row["official_title"] or "No title"
    below = [dossier.nct_id, row["sponsor_canonical"] or row["lead_sponsor"], ", ".join(row["diseases"] or ())]
    numbers = [number["secondary_id"] for number in site.rows("numbers", dossier.nct_id)]
    codes = [code for product in site.rows("given", dossier.nct_id) for code in product["product_codes"] or ()]
    also = [row["acronym"], *(row["products"] or ()), *codes, *(row["target_antigens"] or ()), *numbers]
    told = [text for text in dict.fromkeys(also) if text]
    return "trial", title, " · ".join(filter(None, below)), f"trials/{dossier.nct_id}.html", told
