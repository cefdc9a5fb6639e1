"""The report as one HTML file: template, style, script and data, with no address that a browser would ask.

The policy in the page's head lets nothing be fetched and only this script and this style run, by their
hashes. Whatever comes from the registry is text: the template escapes it, and the script sets it as text.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from flows.report import words
from flows.report.contents import FACETS, Contents, facets
from flows.report.panels import panels, title
from transforms.shown import shown as plain
from transforms.shown import without_effect
from warehouse.tables.sources import SOURCES

TEMPLATES = Path(__file__).with_name("templates")
PRINTED_NEWS = 7  # events on paper; the page itself has all
TEXT_SHOWN = 4_000  # characters of a text from a record; the file of the release has all of them
ROWS_SHOWN = 300  # of a table behind a chart or in the list of tables
SCRIPTS = ("common.js", "list.js", "script.js")


def page(contents: Contents) -> str:
    """The whole file. Raises nothing for odd records; a template that is wrong is a fault of ours."""
    style = environment().get_template("style.css.j2").render()
    script = "\n".join((TEMPLATES / name).read_text("utf-8") for name in SCRIPTS)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            c=contents,
            style=style,
            script=script,
            policy=policy(style, script),
            data=data(contents),
            facets=facets(contents.dossiers),
            facet_labels=FACETS,
            listed={dossier.nct_id for dossier in contents.dossiers},
            arrived=contents.arrived,
            rows_shown=ROWS_SHOWN,
            trial_href=lambda nct_id: f"#{nct_id}",
        )
    )


def policy(style: str, script: str) -> str:
    """The content security policy: nothing from anywhere, and of this page only what we wrote."""
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:"
    return f"{nothing}; style-src {_hash(style)}; script-src {_hash(script)}"


def data(contents: Contents) -> str:
    """What the script shows when it is asked."""
    figures = [figure for group in contents.figures.values() for figure in group]
    shown: dict[str, Any] = {
        **panels(contents.dossiers),
        "order": [dossier.nct_id for dossier in contents.dossiers],
        "facets": facets(contents.dossiers),
        "specs": {figure.table.query: figure.spec for figure in figures if figure.spec},
    }
    return data_block(plain(shown, TEXT_SHOWN))


def data_block(value: Any) -> str:
    """A value as JSON for a script element, which no text in it can end."""
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return told.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def environment(*folders: Path) -> Environment:
    """The report's templates and those of `folders`, escaping HTML, and the words that they use."""
    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]), autoescape=lambda name: name is None or ".html" in name,
        undefined=StrictUndefined, finalize=lambda value: plain(value, TEXT_SHOWN), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "number": words.number,
        "unbroken": words.unbroken,
        "status": words.status,
        "given_date": words.given_date,
        "day": lambda moment: f"{moment:%Y-%m-%d}" if moment else "",
        "moment": lambda moment: f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "",
        "long_date": words.long_date,
        "counted": words.counted,
        "event": lambda kind: words.EVENT.get(kind, kind),
        "source": lambda name: SOURCES[name].title if name in SOURCES else name,
        "trial_title": title,
        "made_of": lambda dossiers: words.made_of([dossier.row for dossier in dossiers]),
        "whole": lambda text: escape(without_effect(text)),  # our own, not a record's: never cut
    }
    made.globals["printed_news"] = PRINTED_NEWS
    return made


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON")
