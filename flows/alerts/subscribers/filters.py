"""Does a trial fit a filter, does an event, and why. Pure.

Country and site status hold for the same site: "recruiting in Germany" is a German site that recruits,
not a recruiting trial that also has a site in Germany. A site without a status of its own has the
trial's: the registry asks for one only while a trial recruits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from flows.alerts.facts import Event, Site, Trial
from flows.alerts.subscribers.regions import code_of_country, regions
from flows.alerts.subscribers.vocabulary import NOT_STATED

SITE_KEYS = ("countries", "regions", "site_status")
SITES_CHANGED = "sites_changed"
SITES_OF_COUNTRY = re.compile(r"trial_sites\.country\[(.+)\]")


@dataclass(frozen=True)
class Filter:
    """Alternatives by key, in the words of the data; a key that is absent says nothing."""

    wanted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, key: str) -> tuple[str, ...]:
        return self.wanted.get(key, ())

    @property
    def country_codes(self) -> frozenset[str] | None:
        """Countries asked for, regions resolved; None where anywhere will do."""
        if not (self.of("countries") or self.of("regions")):
            return None
        codes = set(self.of("countries"))
        return frozenset(codes.union(*(regions()[region] for region in self.of("regions"))))


@dataclass(frozen=True)
class Reason:
    """One key of the filter and the values of the trial that satisfy it."""

    key: str
    values: tuple[str, ...]


VALUES: Mapping[str, Callable[[Trial], Collection[str]]] = {
    "topics": lambda trial: trial.topics,
    "diseases": lambda trial: trial.diseases,
    "cell_source": lambda trial: trial.cell_sources,
    "cell_type": lambda trial: trial.cell_types,
    "phases": lambda trial: trial.phases,
    "status": lambda trial: (trial.overall_status,) if trial.overall_status else (),
    "sponsor_type": lambda trial: (trial.sponsor_type,) if trial.sponsor_type else (),
    "scope": lambda trial: (trial.scope,),
}


def reasons(wanted: Filter, trial: Trial) -> tuple[Reason, ...] | None:
    """Why a tracked trial fits, one reason per key; None when it does not fit."""
    if not trial.is_tracked:
        return None
    found = []
    for key, test in TESTS.items():
        if wanted.of(key):
            values = test(wanted.of(key), trial)
            if not values:
                return None
            found.append(Reason(key, values))
    if any(wanted.of(key) for key in SITE_KEYS):
        sites = fitting_sites(wanted, trial)
        if not sites:
            return None
        found.append(Reason("sites", tuple(dict.fromkeys(site.country or "" for site in sites))))
    return tuple(found)


def tells_of(wanted: Filter, event: Event) -> bool:
    """Whether the subscriber wants to hear of this kind of event.

    Sites come and go every night: only who asks for sites, or for this kind of event, hears of them.
    """
    types, weights = wanted.of("event_types"), wanted.of("materiality")
    if (types and event.event_type not in types) or (weights and event.materiality not in weights):
        return False
    if event.event_type != SITES_CHANGED:
        return True
    codes = wanted.country_codes
    if codes is None:
        return bool(types or wanted.of("site_status"))
    return not codes.isdisjoint({code_of_country(name) for name in countries_of(event)} or codes)


def countries_of(event: Event) -> set[str]:
    """Countries whose sites an event changed, as far as it names them."""
    changes = event.details.get("changes") or ()
    found = [SITES_OF_COUNTRY.match(str(change.get("field_path"))) for change in changes]
    return {match[1] for match in found if match}


def fitting_sites(wanted: Filter, trial: Trial) -> list[Site]:
    """Sites in the countries asked for that have the site status asked for."""
    codes, statuses = wanted.country_codes, wanted.of("site_status")
    return [
        site for site in trial.sites
        if (codes is None or site.country_code in codes)
        and (not statuses or (site.status or trial.overall_status) in statuses)
    ]  # fmt: skip


def sites_to_show(wanted: Filter, trial: Trial) -> list[Site]:
    """Sites in the subscriber's countries, whatever their status; all where anywhere will do."""
    codes = wanted.country_codes
    return [site for site in trial.sites if codes is None or site.country_code in codes]


def _any_of(key: str) -> Callable[[tuple[str, ...], Trial], tuple[str, ...]]:
    def test(wanted: tuple[str, ...], trial: Trial) -> tuple[str, ...]:
        stated = VALUES[key](trial) or (NOT_STATED,)
        return tuple(word for word in wanted if word in stated)

    return test


def _antigens(wanted: tuple[str, ...], trial: Trial) -> tuple[str, ...]:
    stated = trial.target_antigens or (NOT_STATED,)
    met = [word.split("+") for word in wanted if set(word.split("+")) <= set(stated)]
    return tuple(dict.fromkeys(antigen for together in met for antigen in together))


def _sponsors(wanted: tuple[str, ...], trial: Trial) -> tuple[str, ...]:
    patterns = [re.compile(".*".join(map(re.escape, _folded(word).split("*")))) for word in wanted]
    return tuple(name for name in trial.sponsors if any(p.fullmatch(_folded(name)) for p in patterns))


def _folded(name: str) -> str:
    """A name without case, punctuation and double blanks; the * of a pattern stays."""
    return " ".join(re.sub(r"[^\w*&]+", " ", name.casefold()).split())


TESTS: Mapping[str, Callable[[tuple[str, ...], Trial], tuple[str, ...]]] = {
    **{key: _any_of(key) for key in VALUES},
    "target_antigens": _antigens,
    "sponsors": _sponsors,
}
