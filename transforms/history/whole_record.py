"""Changes of a record in parts that are compared as a whole: results, see-also links, submission events, contacts.

They make a version, since the content differs, and one low change that names the parts: nothing that
the registry changed goes unseen. Values are not kept: contacts are among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transforms.history.changes import Change, judged
from transforms.history.materiality import Difference, Facts

# The nightly data date that the registry writes into every record: no content.
NOT_CONTENT = frozenset({"derivedSection.miscInfoModule.versionHolder"})


def record_change(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Change:
    """The one change of two study objects whose rows are equal: which parts differ, as dotted paths.

    Call it where `changes` finds nothing between two versions; without the studies it names no part.
    """
    parts = sorted(set(differing_parts(old, new))) if old is not None and new is not None else None
    return judged(Difference("trials", "content_sha256", None, "changed", None, {"parts": parts}), Facts())


def differing_parts(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of the smallest objects, or whole lists, in which two JSON values differ."""
    if old == new or path in NOT_CONTENT:
        return
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield path
        return
    for key in sorted(old.keys() | new.keys()):
        yield from differing_parts(old.get(key), new.get(key), f"{path}.{key}" if path else key)
