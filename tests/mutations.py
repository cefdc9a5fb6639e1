"""Records spoiled with a system: one fault or several, each at a drawn place of a record that was whole.

`study(draw, seed)` and `article(draw, seed)` give the bytes of a record as a source might send them. The same draws
give the same bytes: a failure is found again by its seed.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from demo.write_recordings import RECORDINGS
from tests import records

Draw = random.Random
Place = tuple[Any, Any]  # a dict or list, and a key in it

DEEP = 100_000
TEXTS = (
    "", " ", "\u00a0", "\x00", "a\x00b", "\x1b]0;title\x07", "\x1b[2J", "RECRUITING\x0b", "\ufffe", "\ufdd0",
    "\u202eevil",
    "\u200b", "\ud800", "x\udfff\ud83d", "e\u0301" * 50, "=1+1", " \t=cmd()", "\u200b@SUM(A1)",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}", "'); DROP TABLE trials; --", "NaN", "Infinity", "null", "None", "NCT00000000", "NCT90000001", "nct9",
    "٣", "²", "１８ Years", "1e400 Years", "9" * 400 + " Years", "-1 Years", "PHASE1", "0000-00-00", "9999-99-99",
    "0001-01-01", "2999-12-31", "2026-02-30", "2026-13", "26", "2026-5-1", "2026-01-01T00:00:00Z", "١٩٩٩-٠١-٠١",
)  # fmt: skip
# What makes rules search long: their words, again and again, and what almost is one of their forms.
WORDS = (
    "CD19 ", "CD19/BCMA ", "CAR-T ", "anti-CD19 CAR-T cells ", "autologous ", "lupus nephritis ", "SLE, ",
    "no ", "not ",
    "1 x 10^6 ", "1×10e6/kg to ", "≤ 20 mg/day prednisone ", "30 mg/m2 ", "day -5 to -3 ", "(", "[", "((", ")", "* ",
    "\n\n", "\n", " ", "\t", ".", ",", ";", "a", "aA1-", "Inclusion Criteria:\n", "Exclusion Criteria:\n", "1. ", "- ",
    "fludarabine and cyclophosphamide ", "rituximab or ", "NCT01234567 ", "12 months ",
    "follow-up of 15 years ", "/", "-",
    "2026-", "versus ", "placebo ", "0", "1,000,", "e.g. ", "…", "é", "👩‍🔬", "ﬁ", "İ", "ß", "\u0130\u0307",
)  # fmt: skip
LENGTHS = (1, 3, 40, 400, 4_000)
NUMBERS = (
    0, -1, 1.5, -0.0, 2**31, -(2**31) - 1, 2**63, 2**64, 10**308, int("9" * 309), int("1" * 4_000), 1e308, 5e-324,
    float("nan"), float("inf"), True, False, None,
)  # fmt: skip
NESTED = ([], {}, [[]], [None], {"a": {"b": []}}, [1, "two", None, {}], {"": ""})


@cache
def seeds_of_studies(shared: Path | None = None) -> list[Any]:
    """Study objects: those of the demo, a whole one, and the real ones beside the project where there are any."""
    found = [records.study(1)]
    for path in sorted(RECORDINGS.glob("*/ctgov.jsonl.gz")):
        found += _lines(path)
    if shared is not None:
        found += [one["study"] for one in _lines(shared / "registry/ctgov/car_t_whole.jsonl.gz")]
        found += _lines(shared / "registry/ctgov/studies.jsonl.gz")[:200]
    return found


@cache
def seeds_of_articles(shared: Path | None = None) -> list[bytes]:
    """Citations as elements of their own, of the demo and, where there are any, real ones."""
    sets = [gzip.decompress(path.read_bytes()) for path in sorted(RECORDINGS.glob("*/pubmed.xml.gz"))]
    if shared is not None:
        sets += [path.read_bytes() for path in sorted((shared / "registry/pubmed/articles").glob("*.xml"))]
    found = [records.paper(1)]
    for one in sets:
        root = etree.fromstring(one, etree.XMLParser(load_dtd=False, no_network=True, resolve_entities=False))
        found += [etree.tostring(each, with_tail=False) for each in root.iter("PubmedArticle", "PubmedBookArticle")]
    return found


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def study(draw: Draw, seeds: Sequence[Any]) -> bytes:
    """A study with one to six faults, as JSON; one in eight has faults in its bytes too."""
    made = {"study": copy.deepcopy(draw.choice(seeds))}
    for _ in range(draw.randint(1, 6)):
        places = list(_places(made))
        if places:  # a study that became a number has none
            draw.choice(FAULTS)(draw, *draw.choice(places), places)
    raw = written(made.get("study"), ensure_ascii=draw.random() < 0.5)
    return _bytes(draw, raw, JSON_BYTES) if draw.random() < 0.125 else raw


def written(made: Any, *, ensure_ascii: bool = False) -> bytes:
    """A study as JSON; what JSON cannot hold is written all the same, as other programs write it."""
    return json.dumps(made, ensure_ascii=ensure_ascii).encode("utf-8", "surrogatepass")


def article(draw: Draw, seeds: Sequence[bytes], *, in_bytes: bool = True) -> bytes:
    """A citation with one to six faults, as XML; one in eight has faults in its bytes too, where those are wanted."""
    root = etree.fromstring(draw.choice(seeds))
    for _ in range(draw.randint(1, 6)):
        draw.choice(XML_FAULTS)(draw, draw.choice(list(root.iter(etree.Element))))
    raw = etree.tostring(root)
    return _bytes(draw, raw, XML_BYTES) if in_bytes and draw.random() < 0.125 else raw


def _places(value: Any) -> Iterator[Place]:
    """Every place of a tree that holds a value."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])


def _text(draw: Draw) -> str:
    if draw.random() < 0.5:
        return draw.choice(TEXTS)
    return "".join(draw.choice(WORDS) for _ in range(draw.randint(1, 4))) * draw.choice(LENGTHS)


def _value(draw: Draw) -> Any:
    kind = draw.random()
    if kind < 0.5:
        return _text(draw)
    return copy.deepcopy(draw.choice(NUMBERS if kind < 0.8 else NESTED))


def _replace(draw: Draw, holder: Any, key: Any, _places: list[Place]) -> None:
    holder[key] = _value(draw)


def _remove(_draw: Draw, holder: Any, key: Any, _places: list[Place]) -> None:
    if isinstance(holder, dict) and key in holder:
        del holder[key]


def _wrap(draw: Draw, holder: Any, key: Any, _places: list[Place]) -> None:
    for _ in range(draw.choice((1, 1, 2, 200))):
        holder[key] = draw.choice(([holder[key]], {"value": holder[key]}))


def _exchange(draw: Draw, holder: Any, key: Any, places: list[Place]) -> None:
    """What stands at another place of the record, as it stands there."""
    other, place = draw.choice(places)
    holder[key] = copy.deepcopy(other[place])


def _repeat(draw: Draw, holder: Any, key: Any, places: list[Place]) -> None:
    """A list with its items many times over, as they are or spoiled alike."""
    lists = [(one, at) for one, at in places if isinstance(one[at], list) and one[at]]
    if not lists:
        return
    one, at = draw.choice(lists)
    items = one[at] if draw.random() < 0.6 else [_value(draw)]
    one[at] = (items * draw.choice((2, 10, 100)))[: draw.choice((50, 2_000))]


def _retype(draw: Draw, holder: Any, key: Any, _places: list[Place]) -> None:
    value = holder[key]
    if not isinstance(value, dict | list):
        holder[key] = str(value) if not isinstance(value, str) else len(value)


def _splice(draw: Draw, holder: Any, key: Any, places: list[Place]) -> None:
    """Another text in the middle of one."""
    texts = [(one, at) for one, at in places if isinstance(one[at], str)]
    if texts:
        one, at = draw.choice(texts)
        cut = draw.randint(0, len(one[at]))
        one[at] = one[at][:cut] + _text(draw) + one[at][cut:]


def _strange_key(draw: Draw, holder: Any, key: Any, _places: list[Place]) -> None:
    if isinstance(holder, dict):
        holder[draw.choice(TEXTS)] = holder.pop(key) if draw.random() < 0.5 and key in holder else _value(draw)


Fault = Callable[[Draw, Any, Any, list[Place]], None]
FAULTS: tuple[Fault, ...] = (
    _replace, _replace, _remove, _wrap, _exchange, _repeat, _retype, _splice, _splice, _strange_key,
)  # fmt: skip

NCT_KEY = re.compile(rb'"nctId": "NCT[0-9]{8}"')
JSON_BYTES = (
    b'"nctId": "NCT90000002", "nctId": "NCT90000003"', b"NaN", b"-Infinity", b"1" * 309, b"1" * 6_000, b"1e999",
    b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"0" + b"}" * DEEP, b"[" * 900 + b"]" * 900, b'"\\ud800"',
    b'"\\u0000"',
    b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x00", b"", b",", b"}", b'"', b"\\",
)  # fmt: skip
XML_BYTES = (
    b"&#0;", b"&#xD800;", b"&#x1F;", b"&#xFFFE;", b"&nbsp;", b"&lt;", b"<![CDATA[<i>]]>",
    b"<!-- <PMID>1</PMID> -->", b"<?pi?>",
    b"<i>" * 300 + b"</i>" * 300, b"<i>" * DEEP + b"</i>" * DEEP, b'<!DOCTYPE a [<!ENTITY b "c">]>', b"\xff", b"\x00",
    b"\xed\xa0\x80", b"\x1b", b"<", b">", b"</", b"", b'<PMID Version="1">90000003</PMID>',
    b"</PubmedArticle><PubmedArticle>",
)  # fmt: skip


def _bytes(draw: Draw, raw: bytes, spoilt: Sequence[bytes]) -> bytes:
    """Bytes put in the place of others, of a value, or of the number that names the record; or its end cut off."""
    piece = draw.choice(spoilt)
    values = [match.span(1) for match in re.finditer(rb"[:>] ?([^,{}\[\]<>:]{1,200})[,}<]", raw[:100_000])]
    kind = draw.random()
    if kind < 0.1:
        return raw[: draw.randint(0, len(raw))]
    if kind < 0.2 and (found := NCT_KEY.search(raw)):
        return raw[: found.end()] + b', "nctId": "NCT90000002"' + raw[found.end() :]
    if kind < 0.7 and values:
        start, end = draw.choice(values)
    else:
        start = draw.randint(0, len(raw))
        end = draw.randint(start, min(len(raw), start + 40))
    return raw[:start] + piece + raw[end:]


def _xml_text(draw: Draw) -> str:
    """A text that XML can hold; bytes that it cannot are put in as bytes."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", _text(draw))


def _say(draw: Draw, element: etree._Element) -> None:
    element.text = _xml_text(draw)


def _attribute(draw: Draw, element: etree._Element) -> None:
    names = [*element.attrib, "Version", "ValidYN", "RefType", "IdType", "Label", "Source", "Type"]
    element.set(str(draw.choice(names)), _xml_text(draw))


def _drop(_draw: Draw, element: etree._Element) -> None:
    if (parent := element.getparent()) is not None:
        parent.remove(element)


def _double(draw: Draw, element: etree._Element) -> None:
    if (parent := element.getparent()) is not None and len(element) < 200:
        for _ in range(draw.choice((1, 5, 300))):
            parent.append(copy.deepcopy(element))


def _move(draw: Draw, element: etree._Element) -> None:
    others = [one for one in element.getroottree().getroot().iter(etree.Element) if one is not element]
    if others:
        draw.choice(others).append(copy.deepcopy(element))


def _rename(draw: Draw, element: etree._Element) -> None:
    tags = sorted({str(one.tag) for one in element.getroottree().getroot().iter(etree.Element)})
    element.tag = draw.choice(tags)


def _nest(draw: Draw, element: etree._Element) -> None:
    for _ in range(draw.choice((1, 5, 150))):
        inner = copy.deepcopy(element) if len(element) < 3 else etree.Element("i")
        element.append(inner)
        element = inner


XML_FAULTS: tuple[Callable[[Draw, etree._Element], None], ...] = (
    _say, _say, _attribute, _drop, _double, _move, _rename, _nest
)  # fmt: skip
