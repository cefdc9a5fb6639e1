"""A word of a user means a value, a synonym of it or a part of its name; what is taken is said."""

from __future__ import annotations

import pytest

from warehouse.querying.words import SeveralMeanings, UnknownWord, known

DISEASES = known(
    "disease",
    [("SLE", "SLE"), ("lupus", "SLE"), ("lupus nephritis", "lupus nephritis"), ("multiple sclerosis",) * 2,
     ("systemic sclerosis",) * 2, ("scleroderma", "systemic sclerosis"), (None, "x"), ("x", None)],
)  # fmt: skip
SPONSORS = known(
    "sponsor",
    [("Fabulon Therapeutics",) * 2, ("Riverside University",) * 2, ("Hospital, Riverside University",) * 2,
     ("Fabulon Therapeutics, Inc.", "Fabulon Therapeutics")],
    is_names=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("facet", "word", "values", "told"),
    [
        (DISEASES, "sle", ("SLE",), ""),
        (DISEASES, "Lupus", ("SLE",), "Disease 'Lupus' is SLE here."),
        (DISEASES, "nephritis", ("lupus nephritis",), "Disease 'nephritis' is lupus nephritis here."),
        (DISEASES, "scleroderm", ("systemic sclerosis",), "Disease 'scleroderm' is systemic sclerosis here."),
        (SPONSORS, "fabulon", ("Fabulon Therapeutics",), "Sponsor 'fabulon' is Fabulon Therapeutics here."),
        (SPONSORS, "Riverside University", ("Riverside University",), ""),
        (
            SPONSORS,
            "Riverside",
            ("Hospital, Riverside University", "Riverside University"),
            "Sponsor 'Riverside' is any of 2 here: 'Hospital, Riverside University' and Riverside University."
            " Write one whole to have it alone.",
        ),
    ],
)
def test_what_is_taken_is_said(facet, word, values, told):
    found = facet.meaning(word)
    assert (found.values, found.told) == (values, told)


def test_of_several_diseases_one_is_to_be_chosen():
    with pytest.raises(
        SeveralMeanings, match=r"^Disease 'sclerosis' may be multiple sclerosis or systemic sclerosis: "
    ):
        DISEASES.meaning("sclerosis")


@pytest.mark.parametrize("word", ["ep", "scle", "hritis", "nephritis lupus", "", "?", "sclerosis multiple"])
def test_what_is_neither_a_word_nor_the_beginning_of_one_is_no_part(word):
    with pytest.raises(UnknownWord):
        DISEASES.meaning(word)
