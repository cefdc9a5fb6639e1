"""The charts as HTML and SVG, drawn here: no script has to run for them, and they print.

Text keeps its size on a phone because lengths are shares of the width (`x="25%"`) and only heights are
pixels; the map, which holds no text, scales as a whole. Colours are the classes `s1` to `s7` and `silent` of
style.css, so that a chart follows light, dark and print. What an SVG shows stands in the table behind it,
so it is one image to a screen reader; bars and grids are a list and a table that it can read themselves.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zlib import crc32

from markupsafe import Markup

from flows.report.land import CONTINENTS
from flows.report.words import NOT_STATED, counted, number, unbroken

Row = Mapping[str, Any]

HEIGHT = 230  # px of a chart along time
HEAD, FOOT = 18, 24  # px above for the number of the highest bar, below for the labels
N_COLORS = 7
SHADES = 6
NO_ANSWER = frozenset({NOT_STATED, "not told", "none listed", "none named", "cannot tell"})
LABELS_ALONG = 12  # labels that a phone has room for


def bars(rows: Sequence[Row], label: str, value: str, *, unit: str) -> Markup:
    """Horizontal bars in the order of `rows`, each with its number: a list. Labels may wrap."""
    highest = max((row[value] or 0 for row in rows), default=0)
    items = Markup("").join(
        Markup(
            '<li><span class="label">{label}</span><svg class="track" aria-hidden="true">'
            '<rect class="{color}" width="{width}%" height="100%"/></svg>'
            '<span class="n">{n}<span class="unseen"> {unit}</span></span></li>'
        ).format(
            label=row[label], color="silent" if row[label] in NO_ANSWER else "s1",
            width=_share(row[value] or 0, highest), n=number(row[value] or 0), unit=unit,
        )
        for row in rows
    )  # fmt: skip
    return Markup('<ol class="bars">{}</ol>').format(items)


def columns(
    rows: Sequence[Row], along: str, value: str, *, unit: str, told: str, unfinished: Collection[str] = ()
) -> Markup:
    """Upright bars along time, each with its number."""
    return stacked(
        [{"along": row[along], "part": unit, "n": row[value]} for row in rows],
        "along", "part", "n", [unit], unit=unit, told=told, unfinished=unfinished,
    )  # fmt: skip


def stacked(
    rows: Sequence[Row], along: str, part: str, value: str, parts: Sequence[str], *, unit: str, told: str,
    unfinished: Collection[str] = (),
) -> Markup:  # fmt: skip
    """Upright bars along time, stacked by `part` in the order of `parts` from below, with their sum on top.

    `told` is what a screen reader says of the image; bars of `unfinished` places are hatched.
    """
    places = list(dict.fromkeys(str(row[along]) for row in rows))
    heights: dict[str, dict[str, int]] = {place: {} for place in places}
    for row in rows:
        heights[str(row[along])][row[part]] = row[value] or 0
    highest = max((sum(of.values()) for of in heights.values()), default=0)
    colors = dict(legend(parts))
    body = Markup("").join(
        _column(place, [(p, heights[place].get(p, 0), colors[p]) for p in parts], at, len(places), highest, unit)
        for at, place in enumerate(places)
    )
    hatches = [
        (at, sum(heights[place].values()))
        for at, place in enumerate(places)
        if place in unfinished and any(heights[place].values())
    ]
    body += _hatched(told, hatches, len(places), highest) if hatches else Markup("")
    return Markup('<svg class="along" role="img" aria-label="{}" height="{}">{}</svg>').format(told, HEIGHT, body)


def _hatched(told: str, bars: Sequence[tuple[int, int]], n: int, highest: int) -> Markup:
    """Hatches over whole bars: (place, height in units). The pattern's id is this chart's own."""
    name = f"hatch-{crc32(told.encode()):x}"
    drawn = [
        Markup(
            '<pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<line class="hatch" y2="6"/></pattern>'
        ).format(name)
    ]
    for at, units in bars:
        tall, (left, wide) = _tall(units, highest), _across(at, n)
        drawn.append(
            Markup('<rect x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}" fill="url(#{})"/>').format(
                left, HEIGHT - FOOT - tall, wide, tall, name
            )
        )
    return Markup("").join(drawn)


def _across(at: int, n: int) -> tuple[float, float]:
    """Left edge and width of one of `n` bars, in percent."""
    return 100 * (at + 0.12) / n, 100 * 0.76 / n


def _tall(units: int, highest: int) -> float:
    return (HEIGHT - HEAD - FOOT) * units / highest


def _column(place: str, segments: Sequence[tuple[str, int, str]], at: int, n: int, highest: int, unit: str) -> Markup:
    left, wide = _across(at, n)
    middle, floor = 100 * (at + 0.5) / n, HEIGHT - FOOT
    drawn, top = [], float(floor)
    for name, count, color in segments:
        if not count:
            continue
        tall = _tall(count, highest)
        top -= tall
        what = f"{place}: {number(count)} {unit}" + (f", {name}" if len(segments) > 1 else "")
        drawn.append(
            Markup(
                '<rect class="{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}"><title>{}</title></rect>'
            ).format(color, left, top, wide, tall, what)
        )
    total = sum(count for _, count, _ in segments)
    drawn.append(_text("n", middle, top - 5, number(total)))
    every = math.ceil(n / LABELS_ALONG)
    if at % every == 0:
        drawn.append(_text("", middle, HEIGHT - 7, place))
    return Markup("").join(drawn)


def _text(kind: str, x: float, y: float, text: str) -> Markup:
    return Markup('<text class="{}" x="{:.2f}%" y="{:.1f}">{}</text>').format(kind, x, y, text)


def legend(parts: Sequence[str]) -> list[tuple[str, str]]:
    """(part, class of its colour), as the bars have them: grey for what is not stated."""
    colors: dict[str, str] = {}
    for part in parts:
        used = sum(color != "silent" for color in colors.values())
        colors[part] = "silent" if part in NO_ANSWER else f"s{used % N_COLORS + 1}"
    return list(colors.items())


def grid(rows: Sequence[Row], across: str, down: str, value: str, *, unit: str) -> Markup:
    """A number for each pair, in a cell that is the fuller the higher it is: a table."""
    columns_of = list(dict.fromkeys(row[across] for row in rows))
    lines: dict[str, dict[str, int]] = {}
    for row in rows:
        lines.setdefault(row[down], {})[row[across]] = row[value] or 0
    highest = max((n for line in lines.values() for n in line.values()), default=0)
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(unbroken(name)) for name in columns_of)
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            name, Markup("").join(_cell(line.get(column, 0), highest) for column in columns_of)
        )
        for name, line in lines.items()
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{unit} for each pair">'
        '<table class="grid"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    ).format(unit=unit.capitalize(), head=head, body=body)


def _cell(n: int, highest: int) -> Markup:
    if not n:
        return Markup('<td class="none"><span aria-label="none">·</span></td>')
    shade = max(1, math.ceil(SHADES * math.sqrt(n / highest)))
    return Markup('<td class="shade{}">{}</td>').format(shade, number(n))


# ---- the map ----

MAP_WIDTH, MAP_HEIGHT = 960, 440
CENTRE = 11  # degrees east in the middle: the cut runs through the Bering Strait, not through land
NORTH, SOUTH = 84, -56
# Equal Earth (Šavrič, Patterson and Jenny 2018): areas are true, and formulas are short.
_A = (1.340264, -0.081106, 0.000893, 0.003796)
_M = math.sqrt(3) / 2


def world(places: Sequence[Row], *, told: str) -> Markup:
    """A dot for each city, as large as the trials that have a site there; no tiles, no borders."""
    dots = [p for p in places if p["latitude"] is not None and p["longitude"] is not None]
    highest = max((dot["n_trials"] for dot in dots), default=1)
    # Large dots first: small ones stay visible and can be pointed at.
    drawn = Markup("").join(_dot(dot, highest) for dot in sorted(dots, key=lambda dot: -int(dot["n_trials"])))
    land = " ".join(_outline(ring) for ring in CONTINENTS)
    return Markup(
        '<svg class="world" role="img" aria-label="{}" viewBox="0 0 {} {}"><path class="land" d="{}"/>{}</svg>'
    ).format(told, MAP_WIDTH, MAP_HEIGHT, land, drawn)


def _dot(dot: Row, highest: int) -> Markup:
    x, y = projected(dot["longitude"], dot["latitude"])
    place = ", ".join(part for part in (dot["city"], dot["country"]) if part)
    what = f"{place}: {counted(dot['n_trials'], 'trial')}, {counted(dot['n_sites'], 'site')}"
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>').format(
        x, y, 2.2 + 13 * math.sqrt(dot["n_trials"] / highest), what
    )


def _outline(ring: Sequence[Sequence[float]]) -> str:
    return "M" + "L".join(f"{x:.0f},{y:.0f}" for x, y in (projected(*point) for point in ring)) + "Z"


def projected(longitude: float, latitude: float) -> tuple[float, float]:
    """Pixels on the map for degrees east and north."""
    x, y = _equal_earth(longitude - CENTRE, latitude)
    left, _ = _equal_earth(-180, 0)
    _, top = _equal_earth(0, NORTH)
    _, bottom = _equal_earth(0, SOUTH)
    return (x - left) / (-2 * left) * MAP_WIDTH, (top - y) / (top - bottom) * MAP_HEIGHT


def _equal_earth(longitude: float, latitude: float) -> tuple[float, float]:
    # What lies west of the cut belongs to the right edge.
    east = math.radians((longitude + 180) % 360 - 180 if longitude != -180 else -180)
    t = math.asin(_M * math.sin(math.radians(latitude)))
    a1, a2, a3, a4 = _A
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    return east * math.cos(t) / (_M * slope), t * (a1 + a2 * t**2 + t**6 * (a3 + a4 * t**2))


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f}" if whole else "0"
