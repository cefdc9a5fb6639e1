"""What a record says, as a hash of its bytes; and when two records say the same thing.

ClinicalTrials.gov writes the nightly data date into every record (`versionHolder`): of 4,827
consecutive pairs of real daily versions 4,760 differed in nothing else. That one value is cut out
before hashing, so that an unchanged record costs one hash of its bytes and no parsing.

A source that one day orders keys or spaces otherwise gives other hashes for the same content; `same_content`
compares what the records say, so that no version is made of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from transforms.shaped import RAW_VALUE_LIMIT
from warehouse.tables.sources import CTGOV

# What rows are made of.
READ_SECTIONS = ("protocolSection", "derivedSection", "hasResults", "resultsSection")
# A number out of any range in a module of this one is not what the record waits for: the module stays a text, which is
# noted where an object is looked for.
FORGIVEN = "resultsSection"
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
VERSION_HOLDER = re.compile(rb'"versionHolder"\s*:\s*"[^"]*"')


def content_sha256(source: str, raw: bytes) -> str:
    """The hash under which the archive keeps a record of `source` (`ctgov` or `pubmed`).

    SHA-256 of the bytes received; for `ctgov` without the value of `versionHolder`.
    """
    if source != CTGOV:
        return hashlib.sha256(raw).hexdigest()
    # The value stands near the end of a record: the last mention is the one the registry wrote.
    start = raw.rfind(b'"versionHolder"')
    match = VERSION_HOLDER.match(raw, start) if start >= 0 else None
    if match is None:
        return hashlib.sha256(raw).hexdigest()
    digest = hashlib.sha256(memoryview(raw)[:start])
    digest.update(memoryview(raw)[match.end() :])
    return digest.hexdigest()


def parsed(raw: bytes) -> Any:
    """The JSON value of a registry record. Raises ValueError when it is not JSON."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"The record is not JSON: {error}") from error


class Sections(msgspec.Struct, frozen=True):
    """A study object of READ_SECTIONS only, and the bytes of the modules in them."""

    study: Any
    modules: Mapping[str, Mapping[str, msgspec.Raw]]


def read_sections(raw: bytes, other: Sections | None = None) -> Sections:
    """`parsed`, but of a study only READ_SECTIONS: the others are not made into objects.

    A module that another version of the record says in the same bytes is that version's object: reading and
    comparing two versions costs what differs. Nobody alters what was read. Raises ValueError when it is not JSON.
    """
    try:
        raw.decode()  # a section that is passed over must be UTF-8 too
        sections = _OBJECT.decode(raw)
        found = {name: _section(name, sections[name], other) for name in READ_SECTIONS if name in sections}
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return Sections(parsed(raw), {})  # no study, or no JSON: it says why
    return Sections(
        {name: section for name, (section, _) in found.items()}, {name: modules for name, (_, modules) in found.items()}
    )


def _section(name: str, raw: msgspec.Raw, other: Sections | None) -> tuple[Any, dict[str, msgspec.Raw]]:
    try:
        modules = _OBJECT.decode(raw)
    except msgspec.ValidationError:
        return _decoded(name, raw), {}  # no object
    known = other.modules.get(name, {}) if other else {}
    read = other.study[name] if other and known else {}
    return {
        key: read[key] if key in known and known[key] == module else _decoded(name, module)
        for key, module in modules.items()
    }, modules


def _decoded(section: str, raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        if section != FORGIVEN:
            raise
        return bytes(raw)[:RAW_VALUE_LIMIT].decode("utf-8", "replace")


def same_content(one: Any, other: Any) -> bool:
    """Whether two study objects say the same, whatever their key order and `versionHolder`."""
    return bool(_without_version_holder(one) == _without_version_holder(other))


def protocol_sha256(study: Any) -> str | None:
    """SHA-256 of what the sponsor wrote (`protocolSection`), as canonical JSON.

    The registry's own history carries this part only, so versions of both origins are matched on it.
    """
    protocol = study.get("protocolSection") if isinstance(study, dict) else None
    if protocol is None:
        return None
    return hashlib.sha256(msgspec.json.encode(protocol, order="deterministic")).hexdigest()


def _without_version_holder(study: Any) -> Any:
    if not isinstance(study, dict) or not isinstance(derived := study.get("derivedSection"), dict):
        return study
    if not isinstance(misc := derived.get("miscInfoModule"), dict) or "versionHolder" not in misc:
        return study
    kept = {key: value for key, value in misc.items() if key != "versionHolder"}
    return {**study, "derivedSection": {**derived, "miscInfoModule": kept}}
