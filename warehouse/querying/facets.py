"""Facets: what trials and papers can be narrowed by before they are counted.

Each facet knows, in SQL, which words a user may say and what they mean (`said`), and which rows of
`trials` or car_t_trials (alias t) or of `publications` (alias t) match the values meant. A value is
always bound as a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.columns import TEXT
from warehouse.querying.facet_names import HELP
from warehouse.querying.regions import regions
from warehouse.schema import table

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Facet:
    """One facet. `said`: SELECT of (word, value meant), or of words that mean themselves.

    Conditions hold one `?`, the list of values.

    `of_trials` is the condition for trials, `not_stated` that for trials which do not state it;
    `in_papers` the list column of publications that says the same, None where papers say nothing of it.
    `is_names`: its values are names, of which a part may mean several.
    """

    name: str
    said: str
    of_trials: str
    not_stated: str | None = None
    in_papers: str | None = None
    words: tuple[str, ...] = ()
    is_names: bool = False

    @property
    def help(self) -> str:
        """What a user reads of it."""
        return HELP[self.name]

    @property
    def option(self) -> str:
        """How the command line calls it."""
        return "--" + self.name.replace("_", "-")


def _words(table_name: str, column_name: str) -> tuple[str, ...]:
    column = table(table_name).column(column_name)
    return column.words or column.registry_words


def _of_list(name: str, column: str, words: tuple[str, ...] = (), *, in_papers: bool = False) -> Facet:
    """A facet that is a list column of the trial itself."""
    said = f"SELECT DISTINCT unnest({column}) FROM trials"
    if in_papers:
        said = f"SELECT unnest({column}) FROM trials UNION SELECT unnest({column}) FROM publications"
    return Facet(
        name, said, f"list_has_any(t.{column}, ?)", f"coalesce(len(t.{column}), 0) = 0",
        column if in_papers else None, words,
    )  # fmt: skip


def _of_value(name: str, column: str) -> Facet:
    """A facet that is one value of the trial itself."""
    return Facet(
        name, f"SELECT DISTINCT {column} FROM trials",
        f"list_contains(?, t.{column})", f"t.{column} IS NULL", words=_words("trials", column),
    )  # fmt: skip


def _of_profile(name: str, column: str) -> Facet:
    """A facet of the profile: one value, or a list."""
    declared = table("car_t_profiles").column(column)
    if declared.type == TEXT:
        said, matches, absent = column, f"list_contains(?, {column})", f"{column} IS NULL"
    else:
        said, matches, absent = (
            f"unnest({column})",
            f"list_has_any({column}, ?)",
            f"coalesce(len({column}), 0) = 0",
        )
    return Facet(
        name, f"SELECT DISTINCT {said} FROM car_t_profiles", _in_profile(matches),
        f"t.nct_id NOT IN (SELECT nct_id FROM car_t_profiles WHERE NOT ({absent}))", words=declared.words,
    )  # fmt: skip


def _of_product(name: str, column: str) -> Facet:
    """A facet of the products: a trial matches by any of them; `several` by its profile."""
    words = _words("car_t_profiles" if column in ("cell_type", "cell_source") else "car_t_products", column)
    matches = _in_products(f"list_contains(?, {column})")
    if column in ("cell_type", "cell_source"):
        matches = (
            f"t.nct_id IN (SELECT nct_id FROM (SELECT nct_id, {column} FROM car_t_products"
            f" UNION ALL SELECT nct_id, {column} FROM car_t_profiles) WHERE list_contains(?, {column}))"
        )
    return Facet(
        name, f"SELECT DISTINCT {column} FROM car_t_products", matches,
        f"t.nct_id NOT IN (SELECT nct_id FROM car_t_products WHERE {column} IS NOT NULL)", words=words,
    )  # fmt: skip


def _in_products(condition: str) -> str:
    return f"t.nct_id IN (SELECT nct_id FROM car_t_products WHERE {condition})"


def _in_profile(condition: str) -> str:
    return f"t.nct_id IN (SELECT nct_id FROM car_t_profiles WHERE {condition})"


TARGET = Facet(
    "target",
    "SELECT unnest(target_antigens) FROM car_t_products"
    " UNION SELECT unnest(target_antigens) FROM publications",
    _in_products("list_has_any(target_antigens, ?)"),
    f"(t.nct_id NOT IN (SELECT nct_id FROM car_t_products) OR {_in_products('len(target_antigens) = 0')})",
    "target_antigens",
)  # fmt: skip
PRODUCT = Facet(
    "product",
    """SELECT word, meant FROM (
        SELECT unnest(list_concat([product_key, product], list_concat(names, codes))) AS word,
            product_key AS meant
        FROM products
        UNION
        SELECT unnest(list_concat([product], product_codes)), coalesce(product_key, product)
        FROM car_t_products)
    """,
    _in_products("list_contains(?, coalesce(product_key, product))"),
    "t.nct_id NOT IN (SELECT nct_id FROM car_t_products)",
    is_names=True,
)  # fmt: skip
PHASE = Facet(
    "phase",
    "SELECT phase, phase FROM (SELECT unnest(phases) AS phase FROM trials)"
    " UNION SELECT 'phase ' || n, 'PHASE' || n FROM range(1, 5) AS numbers(n)"
    " UNION SELECT CAST(n AS VARCHAR), 'PHASE' || n FROM range(1, 5) AS numbers(n)"
    " UNION SELECT 'not applicable', 'NA'"
    " UNION SELECT array_to_string(phases, '/'), array_to_string(phases, '/') FROM trials WHERE len(phases) > 1",
    "list_has_any(list_append(t.phases, array_to_string(t.phases, '/')), ?)", "coalesce(len(t.phases), 0) = 0",
    words=(*_words("trials", "phases"), "PHASE1/PHASE2", "PHASE2/PHASE3"),
)  # fmt: skip
COUNTRY = Facet(
    "country",
    "SELECT DISTINCT unnest([country, country_code]), coalesce(country_code, country) FROM trial_sites",
    "t.nct_id IN (SELECT nct_id FROM trial_sites WHERE list_contains(?, coalesce(country_code, country)))",
    "t.nct_id NOT IN (SELECT nct_id FROM trial_sites WHERE country IS NOT NULL)",
)  # fmt: skip
SPONSOR = Facet(
    "sponsor",
    "SELECT DISTINCT unnest([lead_sponsor, sponsor_canonical]), coalesce(sponsor_canonical, lead_sponsor)"
    " FROM trials",
    "list_contains(?, coalesce(t.sponsor_canonical, t.lead_sponsor))",
    "coalesce(t.sponsor_canonical, t.lead_sponsor) IS NULL",
    is_names=True,
)  # fmt: skip
_MEMBERS = ", ".join(f"('{region}', '{code}')" for region, codes in regions().items() for code in sorted(codes))
REGION = Facet(
    "region",
    f"SELECT DISTINCT region FROM (VALUES {_MEMBERS}) AS members(region, country_code)",
    "t.nct_id IN (SELECT nct_id FROM trial_sites WHERE country_code IN (SELECT country_code"
    f" FROM (VALUES {_MEMBERS}) AS members(region, country_code) WHERE list_contains(?, region)))",
    "t.nct_id NOT IN (SELECT nct_id FROM trial_sites WHERE country_code IS NOT NULL)",
)  # fmt: skip
PLACE = Facet(
    "place",
    "SELECT DISTINCT unnest([state, city, facility]) FROM trial_sites",
    "t.nct_id IN (SELECT nct_id FROM trial_sites WHERE list_has_any([state, city, facility], ?))",
    "t.nct_id NOT IN (SELECT nct_id FROM trial_sites WHERE coalesce(state, city, facility) IS NOT NULL)",
    is_names=True,
)  # fmt: skip
BASKET, SINGLE = "basket", "single disease"
BREADTH_OF_TRIAL = f"CASE WHEN is_basket THEN '{BASKET}' WHEN NOT is_basket AND len(diseases) > 0 THEN '{SINGLE}' END"
BREADTH = Facet(
    "breadth",
    f"SELECT DISTINCT {BREADTH_OF_TRIAL} FROM trials",
    f"list_contains(?, {BREADTH_OF_TRIAL})",
    f"{BREADTH_OF_TRIAL} IS NULL",
    words=(BASKET, SINGLE),
)

FACETS: tuple[Facet, ...] = (
    _of_list("disease", "diseases", in_papers=True),
    TARGET,
    COUNTRY,
    REGION,
    PLACE,
    PHASE,
    _of_value("status", "overall_status"),
    SPONSOR,
    _of_value("sponsor_type", "sponsor_type"),
    _of_product("cell_source", "cell_source"),
    _of_product("cell_type", "cell_type"),
    _of_product("construct", "construct"),
    _of_product("gene_delivery", "gene_delivery"),
    PRODUCT,
    _of_profile("lymphodepletion", "lymphodepletion"),
    _of_profile("comparator", "comparators"),
    _of_value("allocation", "allocation"),
    _of_list("age_group", "std_ages", _words("trials", "std_ages")),
    _of_list("topic", "topics", in_papers=True),
    BREADTH,
)  # fmt: skip
BY_NAME = {facet.name: facet for facet in FACETS}
