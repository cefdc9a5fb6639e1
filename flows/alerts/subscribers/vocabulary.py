"""What a subscriber may filter on: the declared keys and the words each one knows.

A filter is a list of alternatives per key. A trial fits when it fits every key that is given; a key
that is not given says nothing. Words that do not exist are refused, so that no filter silently matches
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from flows.alerts.subscribers import regions
from transforms.profile.reading.vocabulary import rows
from transforms.synonyms import synonyms
from warehouse.querying import words
from warehouse.querying.words import Known, SeveralMeanings, UnknownWord
from warehouse.tables.history import EVENT_TYPES, MATERIALITIES
from warehouse.tables.profiles import CELL_SOURCES, CELL_TYPES
from warehouse.tables.registrations import PHASES, SITE_STATUSES, SPONSOR_TYPES, STATUSES

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Key:
    """One key of a filter. `known` gives the words it knows, None where any text may be meant."""

    name: str
    of: str  # trial or event
    meaning: str
    known: Callable[[], Collection[str]] | None


@cache
def _diseases() -> frozenset[str]:
    return frozenset(row["disease"] for row in rows("diseases", ("disease",)))


@cache
def _antigens() -> frozenset[str]:
    return frozenset(row["label"] for row in rows("antigens", ("label",))) | {NOT_STATED}


KEYS: tuple[Key, ...] = (
    Key("topics", "trial", "topics of the watchlist", None),
    Key("diseases", "trial", "diseases treated; a form of a disease counts as the disease", _diseases),
    Key("target_antigens", "trial", "what the receptor binds; CD19+BCMA: both in one trial", _antigens),
    Key("cell_source", "trial", "where the cells come from", lambda: (*CELL_SOURCES, NOT_STATED)),
    Key("cell_type", "trial", "kind of engineered cell", lambda: (*CELL_TYPES, NOT_STATED)),
    Key("phases", "trial", "phases, the registry's words", lambda: (*PHASES, NOT_STATED)),
    Key("countries", "trial", "countries of sites, ISO codes or names", None),
    Key("regions", "trial", "regions of sites: UN M49, EU, EEA", lambda: regions.regions()),
    Key("site_status", "trial", "status of a site in one of those countries", lambda: SITE_STATUSES),
    Key("status", "trial", "status of the trial as a whole", lambda: STATUSES),
    Key("sponsors", "trial", "whole names of sponsor or collaborator; * stands for any text", None),
    Key("sponsor_type", "trial", "what the lead sponsor is", lambda: SPONSOR_TYPES),
    Key(
        "scope",
        "trial",
        "trials that give CAR cells, or that follow recipients",
        lambda: ("in_scope", "follow_up"),
    ),
    Key("event_types", "event", "what happened", lambda: EVENT_TYPES),
    Key("materiality", "event", "how much it matters", lambda: MATERIALITIES),
)
BY_NAME: Mapping[str, Key] = {key.name: key for key in KEYS}


# Key -> facet of the vocabulary that knows what people also call its values.
FACET_OF = {
    "diseases": "disease",
    "target_antigens": "target",
    "cell_source": "cell_source",
    "cell_type": "cell_type",
    "phases": "phase",
    "sponsors": "sponsor",
    "sponsor_type": "sponsor_type",
    "status": "status",
    "site_status": "status",
}
ALTOGETHER = "+"  # between antigens that one trial must have together


def words_meant(key: Key, given: str, topics: Collection[str]) -> tuple[str, ...]:
    """A word of a filter as the data writes it, one or several alternatives. Raises UnknownWord."""
    if key.name == "countries":
        code = regions.code_of_country(given)
        if code is None:
            raise UnknownWord(f"countries: {given!r} is no country; write its ISO code, such as DE, or its name")
        return (code,)
    if key.name == "sponsors":
        return _sponsors(given)
    known = topics if key.name == "topics" else key.known() if key.known else ()
    if key.name == "target_antigens" and ALTOGETHER in given:
        each = [_known_words(key.name, part.strip(), known) for part in given.split(ALTOGETHER)]
        return tuple(ALTOGETHER.join(together) for together in product(*each))
    return _known_words(key.name, given, known)


def _sponsors(given: str) -> tuple[str, ...]:
    """Any text may be a name; one that the vocabulary knows is also the name that it gives the sponsor."""
    try:
        found = _knows("sponsors", ()).meaning(given).values
    except UnknownWord:
        return (given,)
    return (given, *found) if len(found) == 1 and found != (given,) else (given,)


def _known_words(name: str, given: str, known: Collection[str]) -> tuple[str, ...]:
    """What a known word, another name of it or a part of it means."""
    knows = _knows(name, known)
    try:
        return knows.meaning(given).values
    except SeveralMeanings as error:
        raise UnknownWord(f"{name}: {error}") from None
    except UnknownWord:
        pass
    near = sorted(known) if len(known) <= 25 else _near(given, known)
    raise UnknownWord(f"{name}: {given!r} is not known; expected one of: {', '.join(near)}")


def _knows(name: str, known: Collection[str]) -> Known:
    said = synonyms().get(FACET_OF.get(name, ""), {})
    also = [(word, value) for word, values in said.items() for value in values if not known or value in known]
    return words.known(name, [*((word, word) for word in known), *also])


def _near(given: str, known: Collection[str]) -> list[str]:
    from difflib import get_close_matches

    return [*(get_close_matches(given, known, n=5, cutoff=0.5) or sorted(known)[:5]), "…"]
