"""The data folder: archive, manifests, journal, and its lock."""
