"""ClinicalTrials.gov on loopback: serves given studies by the rules of API v2.

with CtgovServer(studies) as server:
    session = clinicaltrials.session(server.url)
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from tests.servers.loopback import Fault, LoopbackServer, Reply, Request, html
from tests.servers.queries import Malformed, Test, condition_of, fold

__all__ = ["CtgovServer", "Fault", "html", "study"]

_ID = re.compile(r"NCT0*[1-9]\d{0,7}\Z", re.IGNORECASE)
_SORT = re.compile(r"([A-Za-z]\w*|@relevance)(?::(asc|desc))?\Z")
_DATES = {
    "StudyFirstPostDate": ("statusModule", "studyFirstPostDateStruct", "date"),
    "StudyFirstSubmitDate": ("statusModule", "studyFirstSubmitDate"),
    "LastUpdatePostDate": ("statusModule", "lastUpdatePostDateStruct", "date"),
    "LastUpdateSubmitDate": ("statusModule", "lastUpdateSubmitDate"),
    "StartDate": ("statusModule", "startDateStruct", "date"),
    "PrimaryCompletionDate": ("statusModule", "primaryCompletionDateStruct", "date"),
}
_NUMBERS = {"EnrollmentCount": ("designModule", "enrollmentInfo", "count")}
_KNOWN = {"pageSize", "pageToken", "countTotal", "sort", "format", "markupFormat", "fields", "aggFilters"}


class CtgovServer(LoopbackServer):
    """`studies` and versions are bytes (served byte for byte) or dicts. All of it may be changed between nights.

    `aliases`: old number -> canonical. `history`: number -> its versions, oldest first, as studies; None
    stands for a version that is listed and not served.
    `data_timestamp` is what /version says. A study whose overallStatus is WITHHELD is served as it is.
    """

    path = "/api/v2"

    def __init__(
        self,
        studies: Iterable[bytes | Mapping[str, Any]] = (),
        *,
        aliases: Mapping[str, str] | None = None,
        history: Mapping[str, list[bytes | Mapping[str, Any] | None]] | None = None,
        data_timestamp: str | None = "2026-09-04T09:00:06",
    ) -> None:
        super().__init__()
        self.aliases = dict(aliases or {})
        self.history = dict(history or {})
        self.data_timestamp = data_timestamp
        self._shuffle = random.Random(1)
        self.serve(studies)

    def serve(self, studies: Iterable[bytes | Mapping[str, Any]]) -> None:
        """Replaces what is served, as the nightly load does."""
        self.studies = [_Study(raw) for raw in studies]

    def answer(self, request: Request) -> Reply:
        path = request.path
        if path == "/api/v2/version":
            stamp = {"apiVersion": "2.0.5", "dataTimestamp": self.data_timestamp}
            return _json({key: value for key, value in stamp.items() if value})
        if path == "/api/v2/studies":
            return self._search(dict(request.parameters))
        if found := re.fullmatch(r"/api/v2/studies/([^/]+)", path):
            return self._one(unquote(found[1]))
        if found := re.fullmatch(r"/api/int/studies/(NCT\d{8})(?:/history/(\d+))?", path):
            return self._history(found[1], found[2], request.parameters.get("history") == "true")
        return Reply(404, b"<html>no such page</html>", "text/html")

    def _search(self, given: dict[str, str]) -> Reply:
        try:
            found = self.matching(given)
            found = self._sorted(found, given.get("sort", ""))
            size = _page_size(given.get("pageSize", ""))
            start = _offset(given.get("pageToken"))
        except (Malformed, ValueError) as error:
            return Reply(400, str(error).encode(), "text/plain")
        page = found[start : start + size]
        head = []
        if given.get("countTotal") == "true" and not start:
            head.append(b'"totalCount":%d' % len(found))
        head.append(b'"studies":[\n' + b",\n".join(study.raw for study in page) + b"\n]")
        if start + size < len(found):
            head.append(b'"nextPageToken":"%s"' % _token(start + size))
        return Reply(body=b"{" + b",".join(head) + b"}")

    def matching(self, given: dict[str, str]) -> list[_Study]:
        for name in given:
            if name not in _KNOWN and not name.startswith(("query.", "filter.", "postFilter.")):
                raise Malformed(f"Unknown parameter: {name}")
        queries = {name: text for name, text in given.items() if name.startswith("query.")}
        named = [one for text in queries.values() if (one := _only_ids(text)) is not None]
        if named:  # a look-up by number; every filter is ignored
            wanted = self._canonical(one for ids in named for one in ids)
            return [study for study in self.studies if study.nct_id in wanted]
        tests = [condition_of(text, name.removeprefix("query.")) for name, text in queries.items()]
        if advanced := given.get("filter.advanced"):
            tests.append(condition_of(advanced, "term"))
        if statuses := given.get("filter.overallStatus"):
            tests.append(_one_of(re.split(r"[,|]", statuses)))
        found = [study for study in self.studies if all(test(study.text_of) for test in tests)]
        if ids := given.get("filter.ids"):
            listed = re.split(r"[,|]", ids)
            if incorrect := [one for one in listed if not _ID.match(one)]:
                raise Malformed(f"`filter.ids` parameter has incorrect value: {incorrect[0]}")
            wanted = self._canonical(listed)
            found = [study for study in found if study.nct_id in wanted]
        return found

    def _canonical(self, ids: Iterable[str]) -> set[str]:
        padded = (f"NCT{int(one[3:]):08d}" for one in ids)
        return {self.aliases.get(one, one) for one in padded}

    def _sorted(self, found: list[_Study], sort: str) -> list[_Study]:
        if not sort:  # "not sorted by default for a performance reason": not the same twice
            return self._shuffle.sample(found, len(found))
        keys = re.split(r"[,|]", sort)
        if len(keys) > 2:
            raise Malformed("`sort` parameter has more than 2 items")
        for key in reversed(keys):
            parts = _SORT.match(key)
            name = parts[1] if parts else key
            if name == "@relevance":
                continue
            if name not in _DATES | _NUMBERS:
                raise Malformed(f"`sort` parameter: field {name} is not sortable")
            down = ((parts and parts[2]) or ("desc" if name in _DATES else "asc")) == "desc"
            with_value = [study for study in found if study.value(name) is not None]
            without = [study for study in found if study.value(name) is None]
            found = (
                sorted(with_value, key=lambda study: (str(type(study.value(name))), study.value(name)), reverse=down)
                + without
            )
        return found

    def _one(self, nct_id: str) -> Reply:
        if not _ID.match(nct_id):
            return Reply(400, b"`nctId` parameter has incorrect format", "text/plain")
        canonical = self.aliases.get(nct_id)
        if canonical:  # without the query string
            return Reply(301, headers={"Location": f"{self.path}/studies/{canonical}"})
        for study in self.studies:
            if study.nct_id == nct_id:
                return Reply(body=study.raw)
        return Reply(404, f"NCT number {nct_id} not found".encode(), "text/plain")

    def _history(self, nct_id: str, number: str | None, listed: bool) -> Reply:
        versions = self.history.get(nct_id)
        if versions is None or (number and (int(number) >= len(versions) or versions[int(number)] is None)):
            return Reply(404, f"NCT number {nct_id} not found".encode(), "text/plain")
        if number is not None:
            return Reply(body=b'{"studyVersion":%s,"study":%s}' % (number.encode(), _raw(versions[int(number)])))
        listing = {"changes": [_change(index, one) for index, one in enumerate(versions)]}
        after = b',"history":' + _raw(listing) if listed else b""
        return Reply(body=b'{"study":%s%s}' % (_raw(versions[-1]), after))


class _Study:
    def __init__(self, given: bytes | Mapping[str, Any]) -> None:
        self.raw = _raw(given)
        try:
            read = json.loads(self.raw)
        except ValueError:
            read = {}
        self.read: dict[str, Any] = read if isinstance(read, dict) else {}
        self._texts: dict[str, str] = {}
        self.nct_id = self._at("identificationModule", "nctId")

    def text_of(self, area: str) -> str:
        if area not in self._texts:
            self._texts[area] = fold(self._words(area))
        return self._texts[area]

    def value(self, field: str) -> Any:
        return self._at(*(_DATES.get(field) or _NUMBERS[field]))

    def _at(self, *path: str) -> Any:
        found: Any = self.read.get("protocolSection")
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def _words(self, area: str) -> Iterator[str]:
        titles = ("briefTitle", "officialTitle", "acronym")
        identification = self._at("identificationModule")
        derived = self.read.get("derivedSection") or {}
        if area in _DATES:
            yield str(self.value(area) or "")
        elif area == "titles":
            yield from (identification.get(name, "") for name in titles)
        elif area == "cond":
            yield from _strings(self._at("conditionsModule"))
            yield from _strings(derived.get("conditionBrowseModule"))
            yield from self._words("titles")
        elif area == "intr":
            yield from _strings(self._at("armsInterventionsModule"))
            yield from _strings(derived.get("interventionBrowseModule"))
            yield from self._words("titles")
        elif area in ("lead", "LeadSponsorName"):
            yield from _strings(self._at("sponsorCollaboratorsModule", "leadSponsor", "name"))
        elif area == "spons":
            yield from _strings(self._at("sponsorCollaboratorsModule"))
        elif area in ("ConditionMeshTerm", "ConditionAncestorTerm"):
            key = "meshes" if area == "ConditionMeshTerm" else "ancestors"
            yield from _strings((derived.get("conditionBrowseModule") or {}).get(key))
        elif area in ("InterventionMeshTerm", "InterventionAncestorTerm"):
            key = "meshes" if area == "InterventionMeshTerm" else "ancestors"
            yield from _strings((derived.get("interventionBrowseModule") or {}).get(key))
        elif area in ("id", "NCTId"):
            yield from _strings(identification)
        elif area == "OverallStatus":
            yield from _strings(self._at("statusModule", "overallStatus"))
        else:
            yield from _strings(self.read)


def study(nct_id: str, title: str = "", **modules: Any) -> dict[str, Any]:
    """A small study object; `modules` are protocol modules (statusModule={...})."""
    identification = {"nctId": nct_id, "briefTitle": title or f"Study {nct_id}"}
    return {"protocolSection": {"identificationModule": identification, **modules}, "hasResults": False}


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from _strings(value)
    elif isinstance(found, list):
        for value in found:
            yield from _strings(value)


def _only_ids(text: str) -> list[str] | None:
    words = re.split(r"[\s,]+", text.strip())
    return words if all(_ID.match(word) for word in words) else None


def _one_of(statuses: list[str]) -> Test:
    wanted = {fold([status]) for status in statuses}
    return lambda text_of: text_of("OverallStatus") in wanted


def _page_size(given: str) -> int:
    size = int(given or 0)
    if size < 0:
        raise Malformed("`pageSize` parameter is negative")
    return min(size or 10, 1000)


def _token(offset: int) -> bytes:
    """Opaque, and longer the further on. It holds the offset only: with other parameters, wrong rows."""
    return base64.urlsafe_b64encode(f"offset {offset} ".encode() + b"." * (offset // 100))


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token.encode()).split()[1])
    except (ValueError, IndexError):
        raise Malformed("`pageToken` parameter has incorrect value") from None


def _change(number: int, version: bytes | Mapping[str, Any] | None) -> dict[str, Any]:
    status = version["protocolSection"].get("statusModule", {}) if isinstance(version, Mapping) else {}
    day = (status.get("lastUpdatePostDateStruct") or {}).get("date", f"2024-01-{number + 1:02d}")
    return {"version": number, "date": day, "status": status.get("overallStatus"), "moduleLabels": []}


def _json(found: Any) -> Reply:
    return Reply(body=_raw(found))


def _raw(given: Any) -> bytes:
    return given if isinstance(given, bytes) else json.dumps(given, ensure_ascii=False).encode()
