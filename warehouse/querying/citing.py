"""How a release is cited: in a sentence, and as a `CITATION.cff` for reference managers and repositories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from warehouse.querying.reading import Connection

TITLE = "CAR T-cell trial registrations in lupus and other autoimmune disease"
SOURCES = "ClinicalTrials.gov (U.S. National Library of Medicine) and PubMed"


@dataclass(frozen=True)
class Release:
    """The release in a file; `fingerprint` is SHA-256 over its content."""

    run_id: str
    published_at: datetime
    data_stamp: str | None
    code_version: str
    fingerprint: str
    is_demo: bool

    @property
    def day(self) -> str:
        return f"{self.published_at:%Y-%m-%d}"

    @property
    def citation(self) -> str:
        """One sentence; of made-up records one that says not to cite them."""
        if self.is_demo:
            return f"Made-up demonstration records (release {self.run_id}): not to be cited."
        return (
            f"cartrials {self.code_version}. {TITLE}. Release {self.run_id} of {self.day}, from {SOURCES}; "
            f"fingerprint {self.fingerprint}."
        )


def release(connection: Connection) -> Release:
    """The release in the file."""
    row = connection.execute(
        "SELECT run_id, published_at, data_stamp, code_version, fingerprint, is_demo FROM release"
    ).fetchone()
    assert row is not None, "a published file has one row in release"
    return Release(*row)


def cff(of: Release) -> str:
    """The text of a CITATION.cff, version 1.2.0."""
    message = "Made-up demonstration records: not to be cited." if of.is_demo else "Cite the release that you used."
    return "\n".join([
        "cff-version: 1.2.0",
        "type: dataset",
        f'message: "{message}"',
        f'title: "{TITLE}"',
        "authors:",
        '  - name: "cartrials"',
        f'version: "{of.run_id}"',
        f"date-released: {of.day}",
        "identifiers:",
        "  - type: other",
        f'    value: "sha256:{of.fingerprint}"',
        '    description: "Fingerprint: SHA-256 over the content of the release"',
        f'abstract: "From {SOURCES}, made by cartrials {of.code_version}."',
        "",
    ])  # fmt: skip
