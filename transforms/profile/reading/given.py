"""The distinct CAR products that a participant of a trial can receive."""

from __future__ import annotations

import msgspec


class GivenProduct(msgspec.Struct, frozen=True):
    """One row of car_t_products in the making."""

    product_no: int
    product_key: str | None
    product: str
    codes: tuple[str, ...] = ()
    intervention_nos: tuple[int, ...] = ()  # interventions (from 1) that are this product
    arm_nos: tuple[int, ...] = ()  # arms (from 1) that receive it
    target_antigens: tuple[str, ...] = ()
    construct: str | None = None
    cell_type: str | None = None
    cell_source: str | None = None
    gene_delivery: str | None = None
    costimulatory_domain: str | None = None
