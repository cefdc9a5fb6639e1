"""Runs from beginning to end: nightly, recovered, accepted, rebuilt; gate, seal, publication."""
