"""What a night makes of a source in trouble: tried again, then one sentence and nothing published."""

from __future__ import annotations

from itertools import pairwise

import pytest

from flows.sources.errors import Refused, SourceError, Unavailable, Unexpected
from tests.flows.world import CONTACT, KEY, World, next_day
from tests.servers.eutils import error
from tests.servers.loopback import Fault, html

RATE_LIMITED = b'{"error":"API rate limit exceeded","api-key":"%s","count":"11","limit":"10"}' % KEY.encode()
EMPTY_SET = b'<?xml version="1.0"?><PubmedArticleSet></PubmedArticleSet>'

REGISTRY_TROUBLE = {
    "429": Fault(status=429),
    "500": Fault(status=500, body=b"<html>oops</html>"),
    "503 asking to wait": Fault(status=503, headers={"Retry-After": "0"}),
    "reset": Fault("reset"),
    "timeout": Fault("hang"),
    "truncated": Fault("truncated"),
    "not JSON": Fault(status=200, body=b"Service is busy", content_type="text/plain"),
    "HTML with 200": html(),
    "HTML with 404": Fault(status=404, body=b"<html>gone</html>", content_type="text/html"),
    "nothing with 200": Fault(status=200),
    "another shape": Fault(status=200, body=b'{"records":[]}', content_type="application/json"),
}
LIBRARY_TROUBLE = {
    "429 that echoes the key": Fault(status=429, body=RATE_LIMITED),
    "the same with 200": Fault(status=200, body=RATE_LIMITED, content_type="application/json"),
    "502": Fault(status=502),
    "reset": Fault("reset"),
    "timeout": Fault("hang"),
    "truncated": Fault("truncated"),
    "HTML with 200": html(),
    "ERROR with 200": error(),
    "ERROR with 400": error(status=400),
    "a prolog and no element": Fault(status=200, body=b'<?xml version="1.0"?><!DOCTYPE eSearchResult>'),
}
WHERE = {"search": "esearch", "fetch": "efetch"}


def copied(fault: Fault, **more: object) -> Fault:
    return Fault(**{**vars(fault), **more})  # type: ignore[arg-type]


def assert_failed_cleanly(world: World, caught: SourceError, before: object, source: str, url: str) -> None:
    said = str(caught)
    assert said.startswith(source) and url in said and "\n" not in said
    assert KEY not in said and CONTACT not in said
    assert world.release() == before
    last = world.last_run()
    assert (last["status"], last["reason"]) == ("failed", said)


@pytest.mark.parametrize("kind", REGISTRY_TROUBLE)
def test_registry_trouble_that_lasts_fails_the_night(world: World, kind: str) -> None:
    before = world.release()
    next_day(world)
    world.registry.faults = [copied(REGISTRY_TROUBLE[kind], on="/studies", times=99)]
    with pytest.raises((Unavailable, Unexpected)) as caught:
        world.night()
    assert_failed_cleanly(world, caught.value, before, "ClinicalTrials.gov", world.registry.url)
    assert "lupus-words" in str(caught.value) and "3 tries" in str(caught.value)
    assert world.registry.paths().count("/api/v2/studies") == 3


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("kind", LIBRARY_TROUBLE)
def test_pubmed_trouble_that_lasts_fails_the_night(world: World, kind: str, where: str) -> None:
    before = world.release()
    world.library.faults = [copied(LIBRARY_TROUBLE[kind], on=WHERE[where], times=99)]
    with pytest.raises((Unavailable, Unexpected)) as caught:
        world.night()
    assert_failed_cleanly(world, caught.value, before, "PubMed", world.library.url)
    assert "lupus-papers" in str(caught.value) or "papers by PMID" in str(caught.value)
    assert sum(WHERE[where] in path for path in world.library.paths()) == 3


@pytest.mark.parametrize("fault", [Fault(status=200, body=EMPTY_SET, content_type="text/xml")], ids=["empty set"])
def test_an_empty_set_for_papers_that_pubmed_has_counted_fails_the_night(world: World, fault: Fault) -> None:
    before = world.release()
    world.library.faults = [copied(fault, on="efetch", times=99)]
    with pytest.raises(Unavailable) as caught:
        world.night()
    assert_failed_cleanly(world, caught.value, before, "PubMed", world.library.url)
    assert "none of the 4 articles asked for" in str(caught.value)


def test_trouble_that_passes_is_not_even_told(new_world: World) -> None:
    """Two faults of each kind of place, one after the other: the third try gets everything."""
    new_world.registry.faults = [
        Fault("reset", on="/version"),
        html(on="/version"),
        Fault("truncated", on="/studies"),
        Fault(status=503, on="/studies"),
    ]
    new_world.library.faults = [
        error(on="esearch"),
        Fault(status=429, body=RATE_LIMITED, on="esearch"),
        Fault(status=200, body=EMPTY_SET, on="efetch"),
        Fault("truncated", on="efetch"),
    ]
    report = new_world.night()
    assert (report.status, report.trials_new, report.papers_new) == ("published", 12, 4)
    assert report.warnings == ()


def test_the_delay_grows_from_try_to_try(world: World) -> None:
    world.registry.faults = [Fault(status=503, times=99)]
    with pytest.raises(Unavailable):
        world.night(tries=4, retry_delay=0.05)
    times = [request.at for request in world.registry.requests]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 3
    assert all(gap >= least for gap, least in zip(gaps, (0.05, 0.1, 0.2), strict=True))


def test_a_retry_after_beyond_patience_ends_the_night_at_once(world: World) -> None:
    world.registry.faults = [Fault(status=429, headers={"Retry-After": "7200"}, times=99)]
    with pytest.raises(Unavailable, match="asks to wait 7200 seconds"):
        world.night()
    assert len(world.registry.requests) == 1


def test_a_query_the_registry_refuses_is_not_asked_again(world: World) -> None:
    before = world.release()
    next_day(world)
    said = b"Query parsing failed: line 1:7 extraneous input ')'"
    world.registry.faults = [Fault(status=400, body=said, on="/studies", times=99)]
    with pytest.raises(Refused) as caught:
        world.night()
    assert_failed_cleanly(world, caught.value, before, "ClinicalTrials.gov", world.registry.url)
    assert said.decode() in str(caught.value) and "leg lupus-words" in str(caught.value)
    assert world.registry.paths().count("/api/v2/studies") == 1


def test_a_search_pubmed_refuses_is_not_asked_again(world: World) -> None:
    world.watchlist.write_text(world.watchlist.read_text().replace("lupus[tiab]", "lupus[nofield]"))
    before = world.release()
    with pytest.raises(Refused) as caught:
        world.night()
    assert_failed_cleanly(world, caught.value, before, "PubMed", world.library.url)
    assert "does not know the field 'nofield'" in str(caught.value) and "leg lupus-papers" in str(caught.value)


def test_a_source_that_is_not_there_is_named(world: World) -> None:
    before = world.release()
    with pytest.raises(Unavailable) as caught:
        world.night(ctgov_url="http://user:pass@127.0.0.1:9/api/v2")
    assert_failed_cleanly(world, caught.value, before, "ClinicalTrials.gov", "http://127.0.0.1:9/api/v2")
    assert "pass" not in str(caught.value)
