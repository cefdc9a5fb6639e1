"""A search that PubMed makes without one of its phrases: told once, held where it brought more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from expectations.gate import PHRASES, LegPull, PreviousRelease, Pull, gate
from expectations.results import CheckResult
from flows.config.watchlist import Leg, load
from flows.errors import Held
from flows.runs.accept import accept
from flows.runs.audit import NO_CONTACT
from flows.sources import pubmed
from flows.sources.alternatives import alternatives
from tests import records
from tests.flows.world import WATCHLIST, World, next_day, papers
from tests.servers.eutils import EutilsServer

LEG = "pubmed lupus-papers"
SAID = f"SELECT status, severity, observed FROM quality_results WHERE check_name = '{PHRASES}' AND subject = '{LEG}'"


def dropped_by(term: str, change: Callable[[EutilsServer], None]) -> list[str]:
    with EutilsServer(papers(), limits=None) as server:
        change(server)
        with pubmed.session(server.url) as session:
            pages = pubmed.pages(session, Leg("papers", "pubmed", (("term", term),)))
            return [phrase for page in pages for phrase in page.dropped]


@pytest.mark.parametrize(
    ("term", "lost", "messages", "dropped"),
    [
        ("lupus AND zzcel", {"zzcel"}, [], ["zzcel"]),
        ('lupus AND "no such words"', {'"no such words"'}, [], ['"no such words"']),
        ("zzcel", {"zzcel"}, [], ["zzcel"]),
        ("lupus OR (zzcel AND yycel)", {"zzcel", "yycel"}, [], ["yycel", "zzcel"]),
        ("lupus", set(), ["Only the first 600 forms of lup* were searched"],
         ["Only the first 600 forms of lup* were searched"]),
        ("nothingatall", set(), [], []),
        ("lupus", set(), [], []),
    ],
)  # fmt: skip
def test_what_a_search_was_made_without(term: str, lost: set[str], messages: list[str], dropped: list[str]) -> None:
    def change(server: EutilsServer) -> None:
        server.lost, server.messages = lost, messages

    assert dropped_by(term, change) == dropped


@pytest.mark.parametrize("where", ["ErrorList", "WarningList"])
@pytest.mark.parametrize("kind", ["PhraseNotFound", "QuotedPhraseNotFound", "PhraseIgnored", "OutputMessage"])
def test_every_list_and_kind_is_read(where: str, kind: str) -> None:
    from lxml import etree

    body = f"<eSearchResult><{where}><{kind}> zzcel\n words </{kind}><{kind}/></{where}></eSearchResult>"
    assert pubmed._dropped(etree.fromstring(body)) == ("zzcel words",)


def word_of_gate(leg: LegPull, previous: PreviousRelease | None) -> CheckResult:
    (found,) = (one for one in gate(Pull((leg,), {"pubmed": leg.records}), previous) if one.check_name == PHRASES)
    return found


@pytest.mark.parametrize(
    ("records_now", "before", "dropped_before", "told", "says"),
    [
        (4, None, (), (), "holds"),  # a new leg
        (0, None, (), (), "warns"),
        (4, None, (), ("zzcel",), "holds"),  # another query under the same name
        (5, 4, (), (), "holds"),
        (4, 4, (), (), "warns"),
        (3, 4, (), ("zzcel",), ""),
        (5, 4, ("zzcel",), ("zzcel",), ""),  # it was dropped the last time too: the leg grew by itself
        (5, 4, ("yycel",), ("zzcel",), "holds"),
    ],
)
def test_when_a_dropped_phrase_holds_and_when_it_is_told(
    records_now: int, before: int | None, dropped_before: tuple[str, ...], told: tuple[str, ...], says: str
) -> None:
    place = ("pubmed", "lupus-papers")
    previous = PreviousRelease(
        legs={} if before is None else {place: before}, dropped={place: frozenset(dropped_before)},
        told={LEG: frozenset(told)},
    )  # fmt: skip
    found = word_of_gate(LegPull(*place, records_now, dropped=("zzcel",)), previous)
    assert (found.holds, found.warns) == (says == "holds", says == "warns")
    if says:
        assert "zzcel" in str(found.observed)


@pytest.mark.parametrize(
    ("query", "dropped", "alone"),
    [
        (
            '"AA-1"[tiab] OR ZZ-1[tiab]\nOR "zz cel"[Title/Abstract]',
            ["ZZ-1", '"zz cel"[tiab]'],
            ["ZZ-1", '"zz cel"[tiab]'],
        ),
        ("(lupus OR zzcel) AND cells", ["zzcel"], ["zzcel"]),
        ("lupus AND zzcel", ["zzcel"], []),
        ("(zzcel) AND cells", ["zzcel"], []),
        ("lupus OR zzcel OR (zzcel AND cells)", ["zzcel"], []),
        ("zzcel OR yycel", ["zzcel", "yycel"], []),
        ("lupus OR cells zzcel", ["zzcel"], []),
        ("lupus OR cells NOT zzcel", ["zzcel"], []),
        ("lupus OR cells", ["Only the first 600 forms of lup* were searched"], []),
        ("((lupus OR zzcel", ["zzcel"], ["zzcel"]),
    ],
)
def test_which_phrases_are_one_of_several_alternatives(query: str, dropped: list[str], alone: list[str]) -> None:
    assert alternatives(f"term={query} & mindate=2020", dropped) == set(alone)
    assert alternatives("", dropped) == set()


def test_a_code_without_a_paper_holds_no_fresh_home_and_each_of_ours_is_an_alternative() -> None:
    legs = [leg for topic in load().topics for leg in topic.legs if leg.source == "pubmed"]
    codes = {leg.name: re.findall(r'"?([\w-]+\d[\w-]*)"?\[tiab\]', leg.query) for leg in legs}
    assert sum(map(len, codes.values())) >= 10
    for leg in legs:
        for code in codes[leg.name]:
            alone = alternatives(leg.query, [code])
            pulled = LegPull("pubmed", leg.name, 40, dropped=(code,), alternatives=alone)
            assert word_of_gate(pulled, None).warns, f"{code} of {leg.name} would hold the first night of a fresh home"
            assert word_of_gate(pulled, PreviousRelease()).holds  # a new leg of a home that has published


def test_a_phrase_is_told_once_and_held_with_a_leg_that_grew(world: World) -> None:
    world.library.lost = {"lupus"}
    term = WATCHLIST.replace('term = "lupus[tiab]"', 'term = "lupus[tiab] OR cells[tiab]"')
    world.watchlist.write_text(term, "utf-8")
    with pytest.raises(Held, match="lupus"):
        world.night()
    accept_last(world)
    world.night()
    assert said(world) == [("passed", "info", "searched without “lupus”, told before")]
    world.library.lost |= {"cells"}
    world.library.lost -= {"lupus"}
    world.library.serve([records.paper(number) for number in range(1, 7)])
    next_day(world)
    with pytest.raises(Held, match="cells"):
        world.night()


def accept_last(world: World) -> None:
    accept(world.settings(), "last", "The code has no paper yet")


def said(world: World) -> list[Any]:
    return world.published(f"{SAID} AND run_id = (SELECT run_id FROM runs ORDER BY started_at DESC LIMIT 1)")


def test_a_live_night_without_a_contact_address_says_so_once_in_a_home(world: World) -> None:
    said = []
    for day in (5, 6):
        next_day(world, f"2026-09-0{day}T09:00:06")
        said.append([warning.sentence for warning in world.night(contact_email=None).warnings])
    assert said == [[NO_CONTACT], []]
