"""Prefect: its server, and what its page shows of a run."""
