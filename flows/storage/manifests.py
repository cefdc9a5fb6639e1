"""Manifests and seals: what each pull of a run brought, and which runs count.

`archive/manifests/<run_id>/<source>.<leg>.json` lists what one search leg gave, in order, with the
hash of each record. `sealed.json` beside them is written last, after the gate: a run counts from
that moment, and everything in the warehouse is a function of the sealed runs, in order. A run
without a seal was held, failed or was killed; it changes nothing. Seals are chained (`flows.storage.chain`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from flows.errors import ArchiveError, rights_error
from flows.storage import chain
from flows.storage.seal import Seal
from warehouse import disk

SEAL = "sealed.json"
HELD = "held.json"
IN_TURN = 30  # runs whose manifests are looked at each time; of those before them one in so many


@dataclass(frozen=True)
class Manifest:
    """One pull: what was asked of a source in one leg and what came back, in order.

    `records` are (record id or None, content hash). `total_reported` is what the source itself said.
    `ids_absent` are ids asked for that did not come. `absences` are ids asked for that no longer are a record:
    id -> `alias:NCT…`, `withheld`, `removed`.
    `deleted` are citations that PubMed has withdrawn.
    `versions` are those of the registry's own history: NCT number, its number, its day there, content hash.
    `stamps` say how old each record is by the source (`flows.load.copies`); of those in `withheld` the registry showed
    a stub only. `copies` are what came of a record beside its copy in `records`: record id, content hash, stamp, and
    whether it is a stub. Manifests from before `copies` name records of which an older one came in `older`.
    `dropped` are phrases of the query that the source did not search for.
    """

    run_id: str
    source: str
    leg: str
    started_at: str
    query: str | None = None
    total_reported: int | None = None
    data_stamp: str | None = None
    repeats: int = 0
    pages: int = 0
    bytes: int = 0
    seconds: float = 0.0
    is_skipped: bool = False
    ids_asked: tuple[str, ...] = ()
    ids_absent: tuple[str, ...] = ()
    records: tuple[tuple[str | None, str], ...] = ()
    absences: dict[str, str] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    versions: tuple[tuple[str, int, str, str], ...] = ()
    stamps: dict[str, str] = field(default_factory=dict)
    copies: tuple[tuple[str, str, str, bool], ...] = ()
    older: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def contents(self) -> tuple[tuple[str | None, str], ...]:
        """(record id or None, content hash) of every copy that came."""
        return (*self.records, *((record_id, sha256) for record_id, sha256, *_ in self.copies))


class Manifests:
    """The manifests below `root` (the archive's `manifests` folder).

    Seals are read once: whoever writes others meanwhile has the lock of the data folder, and this object.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: list[Seal] | None = None
        disk.make_folder(root)

    def write(self, manifest: Manifest) -> None:
        """Write a manifest whole, before anything refers to it."""
        name = f"{manifest.source}.{re.sub(r'[^A-Za-z0-9_-]+', '-', manifest.leg)}.json"
        disk.write_durably(self.root / manifest.run_id / name, chain.canonical(_fields(manifest)))

    def of_run(self, run_id: str) -> list[Manifest]:
        """The manifests of a run, by file name. Raises ArchiveError when one does not fit the run's seal."""
        folder = self.root / run_id
        seal = self.seal(run_id) or self.seal(run_id, HELD)
        if seal is None:
            return [_manifest(folder / name) for name in self.hashes(run_id)]
        _check_against_seal(folder, seal)
        return [_manifest(folder / name) for name in sorted(seal.manifests)]

    def check_in_turn(self) -> None:
        """`check` of the last runs and a share of the others: over so many runs each run comes to its turn.

        All of them every time would be gigabytes a night in a home of some years.
        """
        sealed = self.sealed()
        turn = len(sealed) % IN_TURN
        self.check([*(seal for seal in sealed[:-IN_TURN] if seal.number % IN_TURN == turn), *sealed[-IN_TURN:]])

    def check(self, seals: Iterable[Seal]) -> None:
        """Raises ArchiveError when a manifest of these runs does not fit its seal."""
        for seal in seals:
            _check_against_seal(self.root / seal.run_id, seal)

    def hashes(self, run_id: str) -> dict[str, str]:
        """File name -> SHA-256 of each manifest of a run, for its seal."""
        folder = self.root / run_id
        return {path.name: sha256(_read(path)).hexdigest()
                for path in sorted(folder.glob("*.json")) if path.name not in (SEAL, HELD)}  # fmt: skip

    def has(self, run_id: str) -> bool:
        """Whether anything of this run is here, be it sealed or not."""
        return (self.root / run_id).exists()

    def is_sealed(self, run_id: str) -> bool:
        return (self.root / run_id / SEAL).exists()

    def write_seal(self, seal: Seal, name: str = SEAL) -> None:
        """Write a seal, chained to the one before it."""
        earlier = [one for one in self._linked() if one.number < seal.number]
        self._write_chained(replace(seal, before=earlier[-1].digest if earlier else None), name)

    def _write_chained(self, seal: Seal, name: str = SEAL) -> None:
        value = _fields(seal)
        value["digest"] = chain.digest_of(value)
        disk.write_durably(self.root / seal.run_id / name, chain.canonical(value))
        self._read = None if name == SEAL else self._read

    def seal(self, run_id: str, name: str = SEAL) -> Seal | None:
        """The seal of a run, None where it has none. Raises ArchiveError when it was altered."""
        path = self.root / run_id / name
        if not path.exists():
            return None
        why = "it was altered"
        try:
            value = json.loads(_read(path))
            told = value.get("digest")
            if (told is None or told == chain.digest_of(value)) and value["run_id"] == run_id:
                return Seal(**_known(value, Seal))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = str(error)
        raise ArchiveError(
            f"The seal {run_id}/{name} cannot be read ({why}). Restore archive/manifests/{run_id}/{name} {chain.DO}"
        )

    def sealed(self) -> list[Seal]:
        """All sealed runs in the order in which they count. Raises ArchiveError where their chain is broken."""
        seals = self._in_order()
        chain.linked(seals, _fields)
        return seals

    def give_chain(self) -> int:
        """Chain seals from before the chain, the newest first; how many there were.

        Killed between two, it leaves the older ones without, as an earlier version did. Raises ArchiveError where the
        manifests do not fit: what is chained is held to from then on.
        """
        without = [seal for seal in self._in_order() if seal.digest is None]
        if without:
            self.check(without)
            for seal in reversed(self._linked()[: len(without)]):
                self._write_chained(seal)
        return len(without)

    def _linked(self) -> list[Seal]:
        return chain.linked(self._in_order(), _fields)

    def _in_order(self) -> list[Seal]:
        if self._read is None:
            seals = [self.seal(path.parent.name) for path in self.root.glob(f"*/{SEAL}")]
            self._read = sorted((seal for seal in seals if seal), key=lambda seal: seal.number)
        return list(self._read)


def _fields(value: Manifest | Seal) -> dict[str, Any]:
    """The fields by name; `asdict` would copy each of ten thousand records."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _known(value: dict[str, Any], kind: type) -> dict[str, Any]:
    """The fields that this version knows: a later one may have written more."""
    return {field.name: value[field.name] for field in fields(kind) if field.name in value}


def _manifest(path: Path) -> Manifest:
    try:
        value = _known(json.loads(_read(path)), Manifest)
        value["records"] = tuple((record_id, sha) for record_id, sha in value["records"])
        for name in ("versions", "copies"):
            value[name] = tuple(map(tuple, value.get(name, ())))
        # Manifests of earlier versions have not all of these.
        for name in ("ids_asked", "ids_absent", "deleted", "older", "withheld", "dropped"):
            value[name] = tuple(value.get(name, ()))
        return Manifest(**value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArchiveError(
            f"The manifest {path.parent.name}/{path.name} cannot be read ({error}). Restore it from a backup."
        ) from error


def _read(path: Path) -> bytes:
    """A file's content. Raises HomeError where this user may not read it, ArchiveError where nobody can."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise rights_error(path, error) or ArchiveError(
            f"{path.parent.name}/{path.name} cannot be read ({error.strerror}). Restore it from a backup."
        ) from error


def _check_against_seal(folder: Path, seal: Seal) -> None:
    for name, expected in seal.manifests.items():
        path = folder / name
        if not path.exists() or sha256(_read(path)).hexdigest() != expected:
            raise ArchiveError(
                f"The manifest {folder.name}/{name} is missing or was altered after the run was sealed. "
                "Restore it from a backup."
            )
