"""Ingest: what each source gives lands in the archive as received, with a manifest of each pull."""
