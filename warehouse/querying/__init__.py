"""Asking the published file: named queries, facets, search, read-only SQL."""
