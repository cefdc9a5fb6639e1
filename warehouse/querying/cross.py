"""Any facet against any: `cross`, a named query that is written when it is asked.

Two facts of a product are paired product by product: a trial that gives an autologous CD19 and an allogeneic BCMA
product has no allogeneic CD19 one. All else is paired trial by trial.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.querying.facets import BREADTH_OF_TRIAL, NOT_STATED
from warehouse.querying.named import Query, QueryError
from warehouse.querying.regions import ASSIGNED, subregions
from warehouse.querying.words import folded, nearest

NAME = "cross"
_SUBREGIONS = ", ".join(f"('{code}', '{region}')" for code, region in sorted(subregions().items()))


@dataclass(frozen=True)
class Axis:
    """What is counted by. `pairs`: SELECT of (nct_id, value), of a product (nct_id, product_no, value)."""

    name: str
    pairs: str
    is_of_product: bool = False
    told: str = ""


def _of_trial(name: str, value: str) -> Axis:
    return Axis(name, f"SELECT nct_id, {value} AS value FROM counted")


def _of_product(name: str, value: str) -> Axis:
    return Axis(name, f"SELECT nct_id, product_no, {value} AS value FROM car_t_products", is_of_product=True)


AXES = (
    _of_trial("disease", "unnest(diseases)"),
    _of_trial("breadth", BREADTH_OF_TRIAL),
    _of_product("target", "unnest(target_antigens)"),
    _of_product("cell_source", "cell_source"),
    _of_product("cell_type", "cell_type"),
    _of_product("construct", "construct"),
    _of_product("gene_delivery", "gene_delivery"),
    _of_product("product", "coalesce(product_key, product)"),
    _of_trial("phase", "unnest(phases)"),
    _of_trial("status", "overall_status"),
    _of_trial("sponsor", "coalesce(sponsor_canonical, lead_sponsor)"),
    _of_trial("sponsor_type", "sponsor_type"),
    _of_trial("lymphodepletion", "unnest(lymphodepletion)"),
    _of_trial("comparator", "unnest(comparators)"),
    _of_trial("age_group", "unnest(std_ages)"),
    _of_trial("allocation", "allocation"),
    _of_trial("topic", "unnest(topics)"),
    Axis("country", "SELECT DISTINCT nct_id, country AS value FROM trial_sites"),
    Axis("place", "SELECT DISTINCT nct_id, city AS value FROM trial_sites"),
    Axis(
        "region",
        "SELECT DISTINCT nct_id, region AS value FROM trial_sites "
        f"JOIN (VALUES {_SUBREGIONS}) AS members(country_code, region) USING (country_code)",
        told=f"regions are the finest of UN M49; {ASSIGNED}",
    ),
    _of_trial("registration_year", "CAST(year(first_posted_date) AS VARCHAR)"),
    _of_trial("start_year", "CAST(year(start_date) AS VARCHAR)"),
)  # fmt: skip
BY_NAME = {axis.name: axis for axis in AXES}


def cross(by: str, against: str) -> Query:
    """The query that counts `by` against `against`. Raises QueryError."""
    first, second = _axis("--by", by), _axis("--against", against)
    if first is second:
        raise QueryError(f"--by and --against are both {first.name}: name two.")
    of_products = first.is_of_product or second.is_of_product
    unit = "product" if of_products else "trial"
    told = "".join(f"; {axis.told}" for axis in (first, second) if axis.told)
    several = "a trial with several values counts once for each" + (
        "; what is stated of one product is paired with that product alone" if of_products else ""
    )
    columns = {
        first.name: f"by this, or {NOT_STATED}",
        second.name: f"against this, or {NOT_STATED}",
        "n_trials": "trials with both",
        **({"n_products": "products with both"} if of_products else {}),
        "percent": f"{unit}s with both, of all {unit}s of the first, in percent",
        "n_trials_total": "all trials counted",
    }
    return Query(
        NAME,
        f"{_plain(first)} against {_plain(second).lower()}",
        f"one row per {first.name} and {second.name}",
        "how two facts of trials go together",
        f"interventional trials in scope; {several}{told}",
        ("car_t_trials",),
        ("first_posted_date",),
        columns,
        _sql(first, second, of_products=of_products),
    )


def _sql(first: Axis, second: Axis, *, of_products: bool) -> str:
    unit = "(nct_id, product_no)" if of_products else "nct_id"
    kept = " FILTER (WHERE product_no IS NOT NULL)" if of_products else ""
    n_products = f"count(DISTINCT {unit}){kept} AS n_products," if of_products else ""
    return f"""WITH counted AS (SELECT * FROM car_t_trials WHERE study_type = 'INTERVENTIONAL'),
given AS (
    SELECT counted.nct_id, product_no
    FROM counted
    LEFT JOIN car_t_products ON car_t_products.nct_id = counted.nct_id
),
first_values AS ({first.pairs}),
second_values AS ({second.pairs}),
paired AS (
    SELECT
        given.nct_id, given.product_no,
        coalesce(first_values.value, '{NOT_STATED}') AS first_value,
        coalesce(second_values.value, '{NOT_STATED}') AS second_value
    FROM given
    LEFT JOIN first_values ON {_joined("first_values", first)}
    LEFT JOIN second_values ON {_joined("second_values", second)}
),
of_first AS (SELECT first_value, count(DISTINCT {unit}){kept} AS n FROM paired GROUP BY first_value)
SELECT
    first_value AS {first.name},
    second_value AS {second.name},
    count(DISTINCT nct_id) AS n_trials,
    {n_products}
    round(100.0 * count(DISTINCT {unit}){kept} / nullif(min(of_first.n), 0), 1) AS percent,
    (SELECT count(*) FROM counted) AS n_trials_total
FROM paired
JOIN of_first USING (first_value)
GROUP BY first_value, second_value
ORDER BY first_value = '{NOT_STATED}', {"first_value," if first.name.endswith("_year") else ""} min(of_first.n) DESC,
    first_value, second_value = '{NOT_STATED}', n_trials DESC, second_value"""


def _joined(name: str, axis: Axis) -> str:
    of_product = f" AND {name}.product_no = given.product_no" if axis.is_of_product else ""
    return f"{name}.nct_id = given.nct_id{of_product}"


def _axis(option: str, given: str) -> Axis:
    found = {folded(name): axis for name, axis in BY_NAME.items()}.get(folded(given))
    if found is None:
        raise QueryError(f"{option} is {given!r}. {nearest(folded(given), {folded(name): name for name in BY_NAME})}")
    return found


def _plain(axis: Axis) -> str:
    return axis.name.replace("_", " ").capitalize()
