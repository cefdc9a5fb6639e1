"""Vega-Lite specifications of the report's charts, as plain dicts: to copy, restyle and put in a paper.

The page itself shows the drawings of drawing.py: Vega's scripts would be a third of the file, and no
package of the base installation carries them. Altair reads these dicts (`alt.Chart.from_dict`), so
does every editor of Vega-Lite. Altair could write them too; importing it takes 4.5 s, which is the time
that a whole report may take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flows.report.drawing import NO_ANSWER, legend
from flows.report.land import CONTINENTS

Spec = dict[str, Any]
Row = Mapping[str, Any]

# The page's colours on white, by the class that drawing.py gives.
COLORS = {
    "s1": "#0072b2", "s2": "#c57f00", "s3": "#009e73", "s4": "#cc5f00", "s5": "#b9649a", "s6": "#3b93cb",
    "s7": "#7a6a00", "silent": "#8a9096",
}  # fmt: skip
SILENT, INK, SOFT, RULE, PAPER, LAND = "#8a9096", "#1c2126", "#555d65", "#e3e5e7", "#ffffff", "#e4e7e9"
FIRST = COLORS["s1"]

CONFIG: Spec = {
    "background": PAPER,
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
                 "encoding": {"color": {"condition": silent, "value": FIRST}}},
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
                 "encoding": {"color": {"value": FIRST}}},
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
                    "scale": {"domain": list(parts), "range": [COLORS[color] for _, color in legend(parts)]},
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
                        "color": {"value": FIRST},
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
                        "fill": LAND,
                        "stroke": None,
                        "strokeWidth": 0,
                        "tooltip": None,
                    },
                },
                {
                    "data": {"values": dots},
                    "mark": {
                        "type": "circle",
                        "fill": FIRST,
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
