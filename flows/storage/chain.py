"""The chain of seals: each says the digest of the one before it and its own.

So a seal that was edited, removed, put in another order or made anew is found by whoever reads them, and named. Seals
from before the chain have neither; `flows.storage.manifests` gives them both. What a seal's digest hashes is its JSON
value in one form, without the digest: fields that a later version adds are held too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flows.errors import ArchiveError

if TYPE_CHECKING:
    from flows.storage.seal import Seal

DO = "from a backup."


def canonical(value: Mapping[str, Any]) -> bytes:
    """A JSON value in the one form in which it is written and hashed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def digest_of(value: Mapping[str, Any]) -> str:
    """SHA-256 of what a seal says, but for its digest."""
    return sha256(canonical({name: said for name, said in value.items() if name != "digest"})).hexdigest()


def linked(seals: Sequence[Seal], fields: Any) -> list[Seal]:
    """Seals in their order, those from before the chain with the place in it that they are to have.

    `fields` gives what a seal says as a mapping. Raises ArchiveError, naming it, where a seal does not follow the one
    before.
    """
    found: list[Seal] = []
    for seal in seals:
        before = found[-1] if found else None
        if seal.digest is None:
            _no_chain_yet(seals[: len(found)], seal)
            seal = replace(seal, before=before.digest if before else None)
            seal = replace(seal, digest=digest_of(fields(seal)))
        elif seal.before != (before.digest if before else None):
            raise _broken(before, seal)
        found.append(seal)
    return found


def _no_chain_yet(earlier: Sequence[Seal], seal: Seal) -> None:
    if any(one.digest for one in earlier):
        raise ArchiveError(
            f"The seal {seal.run_id}/sealed.json has lost its place in the chain of seals: it was altered. "
            f"Restore archive/manifests/{seal.run_id}/sealed.json {DO}"
        )


def _broken(before: Seal | None, seal: Seal) -> ArchiveError:
    first, last = (before.number if before else 0) + 1, seal.number - 1
    if first <= last:
        which = f"run number {first}" if first == last else f"runs number {first} to {last}"
        return ArchiveError(
            f"The seal of {which}, before {seal.run_id}, is missing from the archive. Restore the folders of "
            f"archive/manifests {DO}"
        )
    name = before.run_id if before else "none"
    return ArchiveError(
        f"The seal {seal.run_id}/sealed.json does not follow the one before it ({name}): one of the two was replaced "
        f"or put in another place. Restore archive/manifests/{name} and archive/manifests/{seal.run_id} {DO}"
    )
