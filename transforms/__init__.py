"""Derived and registry rows from records as received. Pure: no network, no DuckDB, no Prefect, no clock."""
