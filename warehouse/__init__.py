"""The DuckDB warehouse: schema, store, releases, exports. The only importer of duckdb."""
