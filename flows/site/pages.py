"""Every file of the site: pages from templates, the data beside each, style and scripts.

The policy in each page's head lets it load this site's own style and scripts, and nothing from anywhere else. Whatever
comes from a registry is text: templates escape it, data for scripts cannot end their element, scripts set it as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from flows.report import posted, tabulated, words
from flows.report.contents import FACETS, facets
from flows.report.dossier import Dossier, scope_reason
from flows.report.page import ROWS_SHOWN, TEXT_SHOWN, data_block, environment
from flows.report.page import TEMPLATES as OF_REPORT
from flows.report.panels import cities, flags
from flows.report.plain import plain
from flows.site import correction, search
from flows.site.contents import Site
from flows.site.files import TRIAL_COLUMNS, csv_file, json_file, trial_row
from flows.site.place import File
from flows.site.things import KINDS, Thing, product_key
from flows.site.timeline import VALUE_SHOWN, timeline
from transforms.shown import cut, shown
from warehouse.querying import citing

TEMPLATES = Path(__file__).with_name("templates")
SCRIPTS = ("landscape.js", "search.js", "trial.js")
EVENT_COLUMNS = ("nct_id", "event_type", "occurred_on", "observed_at", "materiality", "summary", "brief_title")
REVIEW_COLUMNS = ("nct_id", "brief_title", "problem", "attribute", "product_no", "found", "why", "url")
EXCLUDED_COLUMNS = ("nct_id", "brief_title", "scope_reason", "diseases", "overall_status", "first_posted_date", "url")
THING_COLUMNS = ("name", "page", "n_trials", "n_recruiting", "target_antigens", "trials")
COUNTS_SHOWN = 6  # values of a facet on the page of a thing
EXCLUDED_SHOWN = 1_000  # registrations out of scope on the page; the CSV has all

Render = Callable[..., File]


def pages(site: Site, feeds: Sequence[str] = ()) -> Iterator[File]:
    """Every file but the feeds, which stand under `feeds`."""
    render = _renderer(site)
    yield from _parts()
    yield from _landscape(site, render)
    for dossier in site.trials:
        yield from _trial(site, dossier, render)
    for kind, folder in KINDS.items():
        of_kind = [thing for thing in site.things if thing.kind == kind]
        yield from _list_of_things(kind, folder, of_kind, render)
        for thing in of_kind:
            yield from _thing(thing, render)
    yield from _lists(site, render)
    yield render("charts.html.j2", "trends.html", data=data_block(shown(_specs(site), TEXT_SHOWN)))
    yield render("methods.html.j2", "methods.html", cff=citing.cff(site.release))
    yield render("feeds.html.j2", "feeds.html", feeds=feeds)
    index = search.index(site)
    yield render(
        "search.html.j2", "search.html", data=data_block(shown({"index": index}, TEXT_SHOWN)), scripts=("search.js",)
    )
    yield File("search.json", json_file(index))


def _parts() -> Iterator[File]:
    style = _environment().get_template("style.css.j2").render()
    yield File("site.css", f"{style}\n{(TEMPLATES / 'site.css').read_text('utf-8')}".encode())
    for name in SCRIPTS:
        yield File(name, (TEMPLATES / name).read_bytes())
    for name in ("common.js", "list.js"):
        yield File(name, (OF_REPORT / name).read_bytes())


@cache
def _environment() -> Environment:
    made = environment(TEMPLATES)
    made.filters |= {
        "scope_reason": scope_reason,
        "flags": lambda dossier: flags(dossier.row),
        "cities": cities,
        "begun": lambda text: text[:1].upper() + text[1:],
        "value": lambda text: cut(text, VALUE_SHOWN),
        "plain_word": lambda word: words.plain(word).replace("_", " ") if word else "",
        "posted_lines": posted.posted_lines, "endpoint": tabulated.endpoint, "measured_as": tabulated.measured_as,
        "criterion": tabulated.criterion, "criterion_kind": tabulated.criterion_kind, "agent": tabulated.agent,
    }  # fmt: skip
    return made


def _renderer(site: Site) -> Render:
    """What makes a page of a template, at its place in the site: links are written from there."""
    common = {
        "c": site.report, "site": site, "listed": site.numbers, "arrived": site.report.arrived,
        "rows_shown": ROWS_SHOWN,
        "citation": site.release.citation, "data": None, "scripts": (), "kinds": KINDS, "files": (),
    }  # fmt: skip

    def render(template: str, path: str, **given: Any) -> File:
        root = "../" * path.count("/")
        made = _environment().get_template(template).render(
            **common | given, root=root, here=path,
            trial_href=lambda nct_id: f"{root}trials/{nct_id}.html",
            thing_href=lambda kind, key: root + site.paths[kind, key] if (kind, key) in site.paths else None,
        )  # fmt: skip
        return File(path, made.encode("utf-8", "replace"))

    return render


# ---- the landscape ----


def _landscape(site: Site, render: Render) -> Iterator[File]:
    rows = [trial_row(dossier) for dossier in site.listed]
    of_facets = facets(site.listed)
    data = {
        "address": True,
        "order": [dossier.nct_id for dossier in site.listed],
        "facets": of_facets,
        "labels": FACETS,
        "more": [" ".join(_more(site, dossier)) for dossier in site.listed],
        "columns": TRIAL_COLUMNS,
        "rows": [list(row.values()) for row in rows],
        "release": site.release.run_id,
    }
    yield render(
        "landscape.html.j2", "index.html", data=data_block(shown(data, TEXT_SHOWN)), facets=of_facets,
        facet_labels=FACETS, below_filters="counts.html.j2", scripts=("landscape.js", "list.js"),
        files=("trials.json", "trials.csv"),
    )  # fmt: skip
    yield File("trials.json", json_file({"citation": site.release.citation, "trials": rows}))
    yield File("trials.csv", csv_file(TRIAL_COLUMNS, rows))


def _more(site: Site, dossier: Dossier) -> list[str]:
    """What the search of the landscape looks through besides a row: names of products, titles, cities, numbers."""
    row = dossier.row
    told = [row["official_title"], row["acronym"], *(row["products"] or ())]
    told += [number["secondary_id"] for number in site.rows("numbers", dossier.nct_id)]
    told += [city for place in dossier.sites for city in place["cities"] or ()]
    return [text for text in dict.fromkeys(told) if text]


# ---- a trial ----


def _trial(site: Site, dossier: Dossier, render: Render) -> Iterator[File]:
    nct_id, path = dossier.nct_id, f"trials/{dossier.nct_id}.html"
    now = correction.values(dossier)
    wrong = {"trial": nct_id, "values": now, "head": correction.HEAD, "who": correction.WHO, "why": correction.WHY}
    blank = correction.line(nct_id, "ATTRIBUTE", "RIGHT VALUE", site.release.day)
    citation = cite(site.release, dossier)
    yield render(
        "trial.html.j2", path, d=dossier, row=dossier.row, given=site.rows("given", nct_id), product_key=product_key,
        moments=timeline(dossier.history, site.rows("changes", nct_id)), states=site.rows("states", nct_id),
        relations=site.rows("relations", nct_id), numbers=site.rows("numbers", nct_id),
        places=site.rows("places", nct_id), citing=citation, now=now, head=correction.HEAD,
        lines=[correction.line(nct_id, name, value, site.release.day) for name, value in now.items()],
        letter=correction.letter(nct_id, blank), data=data_block(shown(wrong, TEXT_SHOWN)), scripts=("trial.js",),
        files=(f"{nct_id}.json",),
    )  # fmt: skip
    told = {
        "citation": citation,
        **plain(dossier),
        **{name: list(site.rows(name, nct_id)) for name in site.of_trial},
    }
    yield File(f"trials/{nct_id}.json", json_file(told))


def cite(release: citing.Release, dossier: Dossier) -> str:
    """How this state of a trial is cited."""
    if release.is_demo:
        return release.citation
    row = dossier.row
    updated = words.given_date(row["last_update_posted_date"], row["last_update_posted_date_precision"])
    parts = [
        row["sponsor_canonical"] or row["lead_sponsor"] or "Sponsor not stated",
        (row["brief_title"] or row["official_title"] or "No title").rstrip("."),
        f"ClinicalTrials.gov {dossier.nct_id}" + (f", last update posted {updated}" if updated else ""),
        row["url"],
    ]
    return f"{'. '.join(parts)}. As read in: {release.citation}"


# ---- things, and lists ----


def _list_of_things(kind: str, folder: str, things: Sequence[Thing], render: Render) -> Iterator[File]:
    rows = [_thing_row(thing) for thing in things]
    files = (f"{folder}.json", f"{folder}.csv")
    yield render(
        "things.html.j2", f"{folder}/index.html", kind=kind, things=list(zip(things, rows, strict=True)), files=files
    )
    yield File(f"{folder}/{folder}.json", json_file(rows))
    yield File(f"{folder}/{folder}.csv", csv_file(THING_COLUMNS, rows))


def _thing_row(thing: Thing) -> dict[str, Any]:
    targets = {target for dossier in thing.trials for target in dossier.row["target_antigens"] or ()}
    return {
        "name": thing.name,
        "page": thing.path,
        "n_trials": len(thing.trials),
        "n_recruiting": sum(dossier.row["overall_status"] == "RECRUITING" for dossier in thing.trials),
        "target_antigens": sorted(targets),
        "trials": [dossier.nct_id for dossier in thing.trials],
    }


def _thing(thing: Thing, render: Render) -> Iterator[File]:
    rows = [trial_row(dossier) for dossier in thing.trials]
    counts = {name: list(values.items())[:COUNTS_SHOWN] for name, values in facets(thing.trials).items()}
    yield render(
        "thing.html.j2", thing.path, thing=thing, counts=counts, facet_labels=FACETS,
        files=(f"{thing.slug}.json", f"{thing.slug}.csv"),
    )  # fmt: skip
    base = thing.path.removesuffix(".html")
    facts = dict(thing.facts)
    told = {"kind": thing.kind, "name": thing.name, "also": thing.also, "facts": facts, "trials": rows}
    yield File(f"{base}.json", json_file(told))
    yield File(f"{base}.csv", csv_file(TRIAL_COLUMNS, rows))


def _lists(site: Site, render: Render) -> Iterator[File]:
    yield render("new.html.j2", "new.html", files=("new.json", "new.csv"))
    yield from _data("new", EVENT_COLUMNS, site.recent)
    yield render(
        "review.html.j2", "review.html", excluded=site.excluded[:EXCLUDED_SHOWN],
        files=("review.json", "review.csv", "excluded.json", "excluded.csv"),
    )  # fmt: skip
    yield from _data("review", REVIEW_COLUMNS, site.review)
    yield from _data("excluded", EXCLUDED_COLUMNS, site.excluded)


def _data(name: str, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> Iterator[File]:
    yield File(f"{name}.json", json_file([{column: row[column] for column in columns} for row in rows]))
    yield File(f"{name}.csv", csv_file(columns, rows))


def _specs(site: Site) -> dict[str, Any]:
    figures = [figure for group in site.report.figures.values() for figure in group]
    return {"specs": {figure.table.query: figure.spec for figure in figures if figure.spec}}
