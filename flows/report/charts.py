"""Vega-Lite specifications of the report's charts, as plain dicts.

Colours are the page's CSS variables, so that a chart follows light, dark and print without being
drawn again. Legends are the page's own, above a chart: they wrap on a phone. Altair would write the
same dicts; importing it takes 4.5 s, which is the time that a whole report may take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flows.report.land import CONTINENTS
from flows.report.words import NOT_STATED

Spec = dict[str, Any]
Row = Mapping[str, Any]

# Okabe and Ito's colours that colour-blind readers tell apart, in the order in which they are used;
# styles.css.j2 gives each its shade in light and dark. Grey is for what is not stated.
SERIES = tuple(f"var(--series-{number})" for number in range(1, 8))
SILENT = "var(--series-silent)"
INK, SOFT, RULE, PAPER = "var(--ink)", "var(--ink-soft)", "var(--rule)", "var(--paper)"
NO_ANSWER = frozenset({NOT_STATED, "not told", "none listed", "cannot tell"})

CONFIG: Spec = {
    "background": None,
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT, "titleColor": SOFT, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
        "domain": False, "ticks": False, "gridColor": RULE, "labelPadding": 6,
    },
}  # fmt: skip


def spec(body: Spec, height: int | Spec) -> Spec:
    """A whole specification as wide as its place."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container", "height": height, "autosize": {"type": "fit-x", "contains": "padding"},
        "config": CONFIG, **body,
    }  # fmt: skip


def bars(rows: Sequence[Row], label: str, value: str, *, unit: str) -> Spec:
    """Horizontal bars in the order of `rows`, each with its number; no axis is needed."""
    values = [{"label": row[label], "n": row[value] or 0} for row in rows]
    highest = max((row["n"] for row in values), default=0)
    encoding: Spec = {
        "y": {"field": "label", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 165}},
        "x": {"field": "n", "type": "quantitative", "axis": None, "scale": {"domain": [0, max(highest * 1.12, 1)]}},
        "tooltip": [{"field": "label", "title": " "}, {"field": "n", "title": unit}],
    }
    silent = {"test": f"indexof({sorted(NO_ANSWER)!r}, datum.label) >= 0", "value": SILENT}
    return spec(
        {
            "data": {"values": values},
            "encoding": encoding,
            "layer": [
                {"mark": {"type": "bar", "height": {"band": 0.72}, "cornerRadiusEnd": 1},
                 "encoding": {"color": {"condition": silent, "value": SERIES[0]}}},
                {"mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 5, "fontSize": 12},
                 "encoding": {"text": {"field": "n"}, "color": {"value": INK}}},
            ],
        },
        {"step": 24},
    )  # fmt: skip


def columns(rows: Sequence[Row], label: str, value: str, *, unit: str) -> Spec:
    """Upright bars along time, each with its number."""
    values = [{"label": str(row[label]), "n": row[value] or 0} for row in rows]
    return spec(
        {
            "data": {"values": values},
            "encoding": {
                "x": {"field": "label", "type": "ordinal", "sort": None,
                      "axis": {"title": None, "labelAngle": 0, "labelOverlap": "parity"}},
                "y": {"field": "n", "type": "quantitative", "axis": None},
                "tooltip": [{"field": "label", "title": " "}, {"field": "n", "title": unit}],
            },
            "layer": [
                {"mark": {"type": "bar", "width": {"band": 0.75}, "cornerRadiusEnd": 1},
                 "encoding": {"color": {"value": SERIES[0]}}},
                {"mark": {"type": "text", "baseline": "bottom", "dy": -3, "fontSize": 12},
                 "encoding": {"text": {"field": "n"}, "color": {"value": INK}}},
            ],
        },
        240,
    )  # fmt: skip


def stacked(rows: Sequence[Row], along: str, part: str, value: str, parts: Sequence[str], *, unit: str) -> Spec:
    """Upright bars along time, stacked by `part` in the order of `parts`."""
    values = [
        {"along": str(row[along]), "part": row[part], "n": row[value], "order": parts.index(row[part])}
        for row in rows
        if row[value]
    ]
    alongs = list(dict.fromkeys(str(row[along]) for row in rows))
    return spec(
        {
            "data": {"values": values},
            "mark": {"type": "bar", "width": {"band": 0.75}},
            "encoding": {
                "x": {
                    "field": "along",
                    "type": "ordinal",
                    "sort": None,
                    "scale": {"domain": alongs},
                    "axis": {"title": None, "labelAngle": 0, "labelOverlap": "parity"},
                },
                "y": {
                    "field": "n",
                    "type": "quantitative",
                    "axis": {"title": unit, "tickCount": 4, "format": "d", "tickMinStep": 1},
                },
                "color": {
                    "field": "part",
                    "type": "nominal",
                    "legend": None,
                    "scale": {"domain": list(parts), "range": [color for _, color in legend(parts)]},
                },
                "order": {"field": "order", "type": "quantitative"},
                "tooltip": [
                    {"field": "along", "title": " "},
                    {"field": "part", "title": "  "},
                    {"field": "n", "title": unit},
                ],
            },
        },
        240,
    )


def legend(parts: Sequence[str]) -> list[tuple[str, str]]:
    """(part, colour), as the bars have them: grey for what is not stated."""
    colors = iter(SERIES * (1 + len(parts) // len(SERIES)))
    return [(part, SILENT if part in NO_ANSWER else next(colors)) for part in parts]


def grid(rows: Sequence[Row], across: str, down: str, value: str, *, unit: str) -> Spec:
    """A number for each pair, on a square that is the fuller the higher it is."""
    values = [{"across": row[across], "down": row[down], "n": row[value]} for row in rows if row[value]]
    highest = max((row["n"] for row in values), default=1)
    return spec(
        {
            "data": {"values": values},
            "encoding": {
                "x": {
                    "field": "across",
                    "type": "nominal",
                    "sort": list(dict.fromkeys(r["across"] for r in values)),
                    "axis": {
                        "title": None,
                        "orient": "top",
                        "labelAngle": -40,
                        "labelAlign": "left",
                        "labelPadding": 3,
                    },
                },
                "y": {"field": "down", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 150}},
                "tooltip": [
                    {"field": "down", "title": " "},
                    {"field": "across", "title": "  "},
                    {"field": "n", "title": unit},
                ],
            },
            "layer": [
                {
                    "mark": {"type": "rect", "stroke": PAPER, "strokeWidth": 2},
                    "encoding": {
                        "color": {"value": SERIES[0]},
                        "opacity": {
                            "field": "n",
                            "type": "quantitative",
                            "legend": None,
                            "scale": {"type": "sqrt", "domain": [0, highest], "range": [0.06, 0.6]},
                        },
                    },
                },
                {
                    "mark": {"type": "text", "fontSize": 12},
                    "encoding": {"text": {"field": "n"}, "color": {"value": INK}},
                },
            ],
        },
        {"step": 25},
    )


def world(places: Sequence[Row]) -> Spec:
    """A dot for each city, as large as the trials that have a site there; no tiles, no borders."""
    dots = [
        {"lon": p["longitude"], "lat": p["latitude"], "n": p["n_trials"], "sites": p["n_sites"],
         "place": ", ".join(part for part in (p["city"], p["country"]) if part)}
        for p in places
        if p["latitude"] is not None and p["longitude"] is not None
    ]  # fmt: skip
    # Large dots first: small ones stay visible and can be pointed at.
    dots.sort(key=lambda dot: -dot["n"])
    land = {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[ring] for ring in CONTINENTS]}}
    return spec(
        {
            "projection": {"type": "equalEarth", "rotate": [-11, 0, 0]},
            "layer": [
                {
                    "data": {"graticule": {"step": [30, 30]}},
                    "mark": {"type": "geoshape", "filled": False, "stroke": RULE, "strokeWidth": 0.6, "tooltip": None},
                },
                {
                    "data": {"values": [land]},
                    "mark": {
                        "type": "geoshape",
                        "fill": "var(--land)",
                        "stroke": None,
                        "strokeWidth": 0,
                        "tooltip": None,
                    },
                },
                {
                    "data": {"values": dots},
                    "mark": {
                        "type": "circle",
                        "fill": SERIES[0],
                        "fillOpacity": 0.55,
                        "stroke": PAPER,
                        "strokeWidth": 0.7,
                        "opacity": 1,
                    },
                    "encoding": {
                        "longitude": {"field": "lon", "type": "quantitative"},
                        "latitude": {"field": "lat", "type": "quantitative"},
                        "size": {
                            "field": "n",
                            "type": "quantitative",
                            "legend": None,
                            "scale": {
                                "type": "linear",
                                "domain": [0, max((d["n"] for d in dots), default=1)],
                                "range": [12, 620],
                            },
                        },
                        "tooltip": [
                            {"field": "place", "title": " "},
                            {"field": "n", "title": "trials"},
                            {"field": "sites", "title": "sites"},
                        ],
                    },
                },
            ],
        },
        440,
    )
