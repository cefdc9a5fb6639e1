"""What happens to a paper is told to the trials that it is tied to."""

from __future__ import annotations

from datetime import date

from tests.transforms.history.rows import NCT, seen
from transforms.history import paper_events
from transforms.history.papers import strongest_relations


def paper(corrections=(), **given):
    return {
        "publications": [
            {
                "pmid": "111",
                "title": "CAR-T in lupus",
                "journal": "J Made Up",
                "publication_date": "2026-03",
                "is_retracted": False,
                "has_expression_of_concern": False,
            }
            | given
        ],
        "publication_corrections": [
            {"pmid": "111", "correction_no": n, "ref_type": kind, "ref_pmid": pmid}
            for n, (kind, pmid) in enumerate(corrections, start=1)
        ],
    }


def link(relation="reports", nct_id=NCT):
    return {"nct_id": nct_id, "pmid": "111", "link_source": "pubmed_databank", "relation": relation}


def told(old, new, old_links=(), new_links=(), tracked=(NCT,)):
    return [
        (e.event_type, e.materiality) for e in paper_events(old, new, old_links, new_links, seen(), frozenset(tracked))
    ]


def test_a_paper_that_reports_a_tracked_trial_is_published():
    (event,) = paper_events({}, paper(), [], [link()], seen(), {NCT})
    assert (event.event_type, event.nct_id, event.pmid, event.occurred_on) == (
        "published",
        NCT,
        "111",
        date(2026, 3, 1),
    )
    assert event.summary == "Published: CAR-T in lupus, J Made Up 2026-03"


def test_it_is_published_once():
    assert told(paper(), paper(title="CAR-T in lupus."), [link()], [link(), link()]) == []


def test_a_tie_found_later_is_published_then():
    assert told(paper(), paper(), [link("unclear")], [link("unclear"), link("reports")]) == [("published", "high")]


def test_background_is_not_published():
    assert told({}, paper(), [], [link("background")]) == []


def test_a_trial_that_is_not_tracked_hears_nothing():
    assert told({}, paper(is_retracted=True), [], [link()], tracked=()) == []


def test_a_paper_not_held_tells_nothing():
    assert told({}, {}, [], [link()]) == []


def test_a_retraction_is_one_event_by_type_and_by_notice():
    by_type, both = paper(is_retracted=True), paper([("RetractionIn", "222")], is_retracted=True)
    assert told(paper(), both, [link()], [link()]) == [("retracted", "high")]
    assert told(paper(), by_type, [link()], [link()]) == [("retracted", "high")]
    assert told(by_type, both, [link()], [link()]) == []


def test_correction_and_concern_are_told():
    new = paper(
        [("ErratumIn", "333"), ("ExpressionOfConcernIn", "444"), ("CommentIn", "555")],
        has_expression_of_concern=True,
    )
    assert told(paper(), new, [link()], [link()]) == [("concern_raised", "high"), ("corrected", "high")]


def test_a_second_correction_is_another_event():
    one, two = paper([("ErratumIn", "333")]), paper([("ErratumIn", "333"), ("ErratumIn", "334")])
    (first,) = paper_events(paper(), one, [link()], [link()], seen(), {NCT})
    (second,) = paper_events(one, two, [link()], [link()], seen(), {NCT})
    assert first.event_id != second.event_id
    assert second.details["notices"] == ["334"]


def test_what_happens_to_a_background_paper_is_low():
    assert told(paper(), paper(is_retracted=True), [link("background")], [link("background")]) == [("retracted", "low")]


def test_a_retracted_paper_newly_tied_says_so():
    assert told(paper(is_retracted=True), paper(is_retracted=True), [], [link()]) == [
        ("published", "high"),
        ("retracted", "high"),
    ]


def test_the_strongest_relation_of_several_sources_counts():
    assert strongest_relations([link("background"), link("reports"), link("unclear")]) == {NCT: "reports"}
