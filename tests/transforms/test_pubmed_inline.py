from __future__ import annotations

import pytest
from lxml import etree

from transforms.pubmed.rows import citation_rows
from transforms.pubmed.text import inner_text

MATH = '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML">{}</mml:math>'
POWER = MATH.format("<mml:msup><mml:mn>10</mml:mn><mml:mn>8</mml:mn></mml:msup>")
SIGNED = MATH.format(
    "<mml:mrow><mml:mn>4</mml:mn><mml:mo>·</mml:mo><mml:msup><mml:mrow><mml:mn>10</mml:mn></mml:mrow>\n"
    "  <mml:mrow><mml:mo>−</mml:mo><mml:mn>3</mml:mn></mml:mrow></mml:msup></mml:mrow>"
)
BOTH = MATH.format("<mml:msubsup><mml:mn>2</mml:mn><mml:mn>7</mml:mn><mml:mn>5</mml:mn></mml:msubsup>")
HALF = MATH.format("<mml:mfrac><mml:mn>1</mml:mn><mml:mn>2</mml:mn></mml:mfrac>")
SUM = MATH.format(
    "<mml:mfrac><mml:mrow><mml:mi>a</mml:mi><mml:mo>+</mml:mo><mml:mi>b</mml:mi></mml:mrow><mml:mn>2</mml:mn></mml:mfrac>"
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2.5 × 10<sup>8</sup> cells", "2.5 × 10^8 cells"),
        ("10<sup>-4</sup>, 10<sup>−4</sup> and 10<sup> 4 </sup>", "10^-4, 10^−4 and 10^4"),
        ("10<sup>5</sup>-10<sup>7</sup>", "10^5-10^7"),
        ("<b>10</b><sup><i>9</i></sup>/L", "10^9/L"),
        ("<i>3 × 10<sup>7</sup></i>", "3 × 10^7"),
        ("up to 10 <sup>6</sup>, once", "up to 10^6, once"),
        ("(2)<sup>3</sup>", "(2)^3"),
        ("2<sup>6</sup>5 wells", "2^6 5 wells"),
        ("log<sub>10</sub>5 copies", "log10 5 copies"),
        ("base 8<sub>2</sub>", "base 8_2"),
        ("10&#x2076; and 10&lt;sup&gt;6&lt;/sup&gt;", "10⁶ and 10^6"),
        # What is no number, or stands after none, is as it was.
        ("CD19<sup>+</sup> and CD4<sup>+</sup>CD25<sup>high</sup>", "CD19+ and CD4+CD25high"),
        ("30 mg/m<sup>2</sup>, 5<sup>th</sup> day", "30 mg/m2, 5th day"),
        ("H<sub>2</sub>O, CO<sub>2</sub>", "H2O, CO2"),
        ("in 10 <sup>68</sup>Ga scans", "in 10 68Ga scans"),
        (f"{POWER} cells, {SIGNED} mol", "10^8 cells, 4·10^−3 mol"),
        (f"{BOTH} {HALF} {SUM}", "2_7^5 1/2 (a+b)/2"),
        (f"5{HALF}", "51/2"),
    ],
)
def test_a_raised_number_is_not_part_of_the_one_before_it(given: str, said: str) -> None:
    assert inner_text(etree.fromstring(f"<AbstractText>{given}</AbstractText>")) == said


def test_powers_are_kept_in_titles_abstracts_and_keywords() -> None:
    raw = (
        '<PubmedArticle><MedlineCitation><PMID Version="1">90000001</PMID><Article>'
        "<ArticleTitle>At 10<sup>6</sup> cells</ArticleTitle><Abstract><AbstractText Label='DOSE'>One or two "
        "× 10<sup>6</sup>/kg.</AbstractText></Abstract></Article><KeywordList><Keyword>10<sup>6</sup> cells</Keyword>"
        "</KeywordList></MedlineCitation></PubmedArticle>"
    )
    (row,) = citation_rows(raw.encode()).rows["publications"]
    assert row["title"] == "At 10^6 cells"
    assert row["abstract"] == "DOSE: One or two × 10^6/kg."
    assert row["keywords"] == ["10^6 cells"]


def test_a_text_of_many_powers_takes_time_in_proportion() -> None:
    many = inner_text(etree.fromstring(f"<AbstractText>{'10<sup>6</sup> ' * 60_000}</AbstractText>"))
    assert many is not None
    assert many.count("10^6") == 60_000
