"""Backfills: what was there before we looked. Nobody is told of what they bring."""
