"""What a record says of its own age, read from its bytes without parsing the whole.

ClinicalTrials.gov writes its data date (`versionHolder`) into every record and a day of posting into most; PubMed
numbers the versions of a citation and dates its last revision.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from warehouse.tables.sources import CTGOV

WITHHELD = "WITHHELD"
_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:T[\d:.]+)?Z?\Z")
_PMID_VERSION = re.compile(
    rb"<(?:MedlineCitation|BookDocument)\b[^>]*>\s*<PMID\b[^>]*\bVersion\s*=\s*[\"'](\d{1,6})[\"']"
)
_REVISED = re.compile(rb"<DateRevised\b[^>]*>\s*<Year>(\d{4})</Year>\s*<Month>(\d{1,2})</Month>\s*<Day>(\d{1,2})</Day>")


class Stamp(NamedTuple):
    """How old a copy is, by the source: its version, which decides first, and a day; None where not said.

    Both compare as text: data dates and days as ISO dates, versions of PubMed in six digits.
    """

    version: str | None = None
    day: str | None = None

    def is_older_than(self, other: Stamp) -> bool:
        """Whether this is surely the older: what only one of two says decides nothing."""
        for mine, others in zip(self, other, strict=True):
            if mine and others:
                length = min(len(mine), len(others))  # a month is not before a day in it
                if mine[:length] != others[:length]:
                    return mine < others
        return False

    @property
    def text(self) -> str:
        """As a manifest keeps it."""
        return f"{self.version or ''}|{self.day or ''}"

    @classmethod
    def of_text(cls, text: str) -> Stamp:
        version, _, day = text.partition("|")
        return cls(version or None, day or None)


UNSTAMPED = Stamp()


class _Derived(msgspec.Struct, frozen=True):
    miscInfoModule: msgspec.Raw = msgspec.Raw()


class _Protocol(msgspec.Struct, frozen=True):
    statusModule: msgspec.Raw = msgspec.Raw()


class _Study(msgspec.Struct, frozen=True):
    protocolSection: _Protocol = _Protocol()
    derivedSection: _Derived = _Derived()


_STUDY = msgspec.json.Decoder(_Study)


def stamp_and_withheld(source: str, raw: bytes) -> tuple[Stamp, bool]:
    """The stamp of a record, and whether it is the stub that the registry shows of a withheld study."""
    if source != CTGOV:
        return _of_citation(raw), False
    try:
        study = _STUDY.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return UNSTAMPED, False
    status = _object(study.protocolSection.statusModule)
    posted = status.get("lastUpdatePostDateStruct")
    stamp = Stamp(
        _day(_object(study.derivedSection.miscInfoModule).get("versionHolder")),
        _day(posted.get("date") if isinstance(posted, dict) else None),
    )
    return stamp, status.get("overallStatus") == WITHHELD


def _of_citation(raw: bytes) -> Stamp:
    version, revised = _PMID_VERSION.search(raw), _REVISED.search(raw)
    return Stamp(
        f"{int(version[1]):06d}" if version else None,
        f"{revised[1].decode()}-{int(revised[2]):02d}-{int(revised[3]):02d}" if revised else None,
    )


def _object(raw: msgspec.Raw) -> dict[str, object]:
    try:
        found = msgspec.json.decode(raw) if bytes(raw) else {}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _day(given: object) -> str | None:
    return given if isinstance(given, str) and _DAY.match(given) else None
