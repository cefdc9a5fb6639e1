"""Each way in which PubMed says when, and what becomes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.pubmed.dates import earliest, medline_date, partial_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2019 Sep-Oct", "2019-09"),
        ("2019 Sep/Oct", "2019-09"),
        ("1998 Dec-1999 Jan", "1998-12"),
        ("2016 May 25-Jun 14", "2016-05-25"),
        ("2016 May 5-14", "2016-05-05"),
        ("Spring 2003", "2003-04"),
        ("2003 Spring", "2003-04"),
        ("2003 Winter-Spring", "2003-01"),
        ("2000 Fall", "2000-10"),
        ("2000 Autumn", "2000-10"),
        ("2001-2002", "2001"),
        ("1989-90", "1989"),
        ("1976-1977 Winter", "1976"),
        ("1999 1st Quart", "1999-01"),
        ("1999 3d Trimest", "1999-07"),
        ("1999 2nd Trimest", "1999-04"),
        ("1999 4th Quarter", "1999-10"),
        ("1999 2nd Semest", "1999-07"),
        ("1999 4th Trimest", "1999-10"),
        ("1999 4th Semest", "1999"),
        ("Jul-Aug 2005", "2005-07"),
        ("10 May 2005", "2005-05-10"),
        ("May 10, 2005", "2005-05-10"),
        ("2005 Sept", "2005-09"),
        ("2005 December 31-2006 January 2", "2005-12-31"),
        ("c1995", "1995"),
        ("2005 Suppl", "2005"),
        ("2005 Marathon", "2005"),
        ("2019 Feb 30-Mar 2", None),
        ("soon", None),
        ("", None),
        ("0000", None),
        ("20190", None),
        ("٢٠١٩", None),
    ],
)
def test_a_medline_date_gives_the_first_of_what_it_names(text: str, date: str | None) -> None:
    assert medline_date(text) == date


@pytest.mark.parametrize(
    ("given_parts", "date"),
    [
        ({"Year": "2019"}, "2019"),
        ({"Year": "2019", "Month": "Sep"}, "2019-09"),
        ({"Year": "2019", "Month": "9"}, "2019-09"),
        ({"Year": "2019", "Month": "09", "Day": "5"}, "2019-09-05"),
        ({"Year": "2019", "Month": "September", "Day": "05"}, "2019-09-05"),
        ({"Year": "2019", "Month": "Sep-Oct"}, "2019-09"),
        ({"Year": "2019", "Season": "Summer"}, "2019-07"),
        ({"Year": "2019", "Season": "Jul-Aug"}, "2019-07"),
        ({"Year": "2019", "Season": "Carnival"}, "2019"),
        ({"Year": "2019", "Day": "5"}, "2019"),
        ({"MedlineDate": "2019 Sep-Oct"}, "2019-09"),
        ({"Year": "2020", "Month": "2", "Day": "29"}, "2020-02-29"),
        ({"Year": "2019", "Month": "2", "Day": "29"}, None),
        ({"Year": "2019", "Month": "13"}, None),
        ({"Year": "2019", "Month": "Sep", "Day": "0"}, None),
        ({"Year": "2019", "Month": "Sep", "Day": "5th"}, None),
        ({"Year": "2019", "Month": "Sep", "Day": "²"}, None),
        ({"Year": "19"}, None),
        ({"Month": "Sep"}, None),
    ],
)
def test_the_parts_of_a_date_keep_their_precision(given_parts: dict[str, str], date: str | None) -> None:
    assert partial_date(given_parts) == date


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["2019-09-14", "2019-11"], "2019-09-14"),
        (["2019-11", "2019-09-14"], "2019-09-14"),
        (["2019", "2019-09-14"], "2019-09-14"),
        (["2019-09", "2019-09-14"], "2019-09-14"),
        (["2018", "2019-09-14"], "2018"),
        (["2019", "2019-09-14", "2019-03"], "2019-03"),
        (["2019", "2019"], "2019"),
        ([], None),
    ],
)
def test_the_earliest_date_is_never_a_vaguer_form_of_another(dates: list[str], first: str | None) -> None:
    assert earliest(dates) == first


@given(st.text(max_size=40))
def test_no_text_breaks_a_medline_date(text: str) -> None:
    date = medline_date(text)
    assert date is None or len(date) in (4, 7, 10)


@given(st.dictionaries(st.sampled_from(["Year", "Month", "Day", "Season", "MedlineDate"]), st.text(max_size=12)))
def test_no_parts_break_a_date(given_parts: dict[str, str]) -> None:
    date = partial_date(given_parts)
    assert date is None or len(date) in (4, 7, 10)
