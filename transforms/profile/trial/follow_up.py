"""How long participants are followed: the longest time that outcomes or the text on follow-up name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from transforms.profile.reading.durations import DURATION, NUMBER, months_of, number_of, unit_months
from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import holding
from transforms.profile.reading.texts import Text

# Fifteen years are the rule for gene therapy; longer times in records are slips (28 years for 28 days).
MOST_MONTHS = 240.0
_LONGEST_WINDOW = 3.0  # months in which dose-limiting toxicities are counted

# "Weeks 2, 12 and 24", "Month 24", "D28": the unit stands first and the last number counts.
_POINTS = re.compile(
    r"(?<![/\d])\b(?P<unit>years?|months?|weeks?|wk|days?|[wmd](?=\d))[ ]?(?P<numbers>\d{1,4}"
    r"(?:(?:[ ]?[,/&、，]| and| or| to|[ ]?-)[ ]?(?:and )?(?:(?:years?|months?|weeks?"
    r"|days?) )?\d{1,4}){0,40})(?![\d.]*\d)"
)
_LISTED = re.compile(
    r"(?P<numbers>\d{1,4}(?:[ ]?[,/、，&] ?(?:and )?\d{1,4}){1,40}),?(?: and| or| &)?"
    r" ?(?P<last>\d{1,4})?[ ]?"
    r"(?P<unit>years?|months?|weeks?|days?)\b"
)
_INTERVAL = re.compile(r"\bevery ?$|\bper ?$|\beach ?$|\bcycle (?:is|=) ?$|\binterval\w* (?:of )?$")
_STEMS = (
    "follow",
    "ltfu",
    "long-term",
    "monitored",
    "remain in the",
    "observation period",
    "post-infusion",
    "post-treatment",
    "yearly",
    "annual",
    "assess",
    "visits",
)
_AT_ALL = ("follow", "remain in the", "long-term", "monitored", "post-", "ltfu", "observation", "up to", "until")
_FOLLOWED = re.compile(
    r"\bfollow(?:ed|ing)?[ -]?up\w*|\bfollowed\b(?! by)|\bltfu\b|\blong-term (?:safety|observation|monitoring"
    r"|assessment)"
    r"|\bremain in the (?:study|trial)\b|\bmonitored\b|\bobservation period\b"
    r"|\bpost-?(?:infusion|treatment) (?:follow|period|phase)"
    # "assessments go on yearly for up to fifteen years"
    r"|\b(?:yearly|annual(?:ly)?|assess(?:ed|ments?)|visits)\b(?=[^.;\n]{0,40}\b(?:up to|until)\b)"
)
_BEHIND = 90  # characters between the word and the time, within one sentence
_PROSE = ("arm_description", "model_description", "brief_summary", "detailed_description", "official_title",
          "brief_title", "intervention_description", "outcome_description", "outcome_measure")  # fmt: skip
_ELSEWHERE = re.compile(
    r"\b(?:previous(?:ly)? (?:study|trial|report)|median|published|literature|contracepti\w+"
    r"|life expectancy)\b"
)
# What another protocol follows is not followed here.
OTHER_PROTOCOL = re.compile(
    r"\b(?:separate|another|different|dedicated|independent|roll-?over|standalone|stand-alone)"
    r" (?:[\w\-()]+ ){0,5}(?:protocol|study|trial|registry)"
    r"|\b(?:enter|enrol\w*|roll\w* over|transition\w*|transfer\w*|invited|join|participate)"
    r" (?:[\w\-]+ ){0,4}(?:in|into|to|onto|in to|the|a|an) (?:[\w\-()]+ ){0,3}"
    r"(?:ltfu|follow[ -]?up|extension)(?: \(\w+\))? (?:study|protocol|trial)"
)
HERE = re.compile(
    r"\b(?:in|on|during|within|of|under) (?:this|the present|the current|the main) (?:study|trial|protocol)\b"
)
CAME_FROM = re.compile(
    r"\b(?:received|treated|participated|enrolled|dosed|infused|completed|administered|given)\b[^.;\n]{0,80}$"
)
# Criteria speak of many times; only one tied to the word follow-up counts.
_AGREED = re.compile(
    rf"(?P<number>{NUMBER})(?: ?- ?| )(?P<unit>years?) (?:of )?(?:long-term )?follow[ -]?up"
    r"|follow[ -]?up(?: period| visits| study| protocol)? (?:for|of|lasting|up to)(?: at least| up to)?"
    rf" (?P<number2>{NUMBER})(?: ?- ?| )(?P<unit2>years?)\b"
)
_CRITERIA = ("inclusion", "exclusion", "eligibility_other")
_TOLD_IN = frozenset({"outcome_time_frame", *_PROSE, *_CRITERIA})


class Time(NamedTuple):
    """A time named in a text, in months; offsets into text.folded."""

    months: float
    text: Text
    start: int
    end: int


def follow_up(texts: Sequence[Text]) -> tuple[float | None, list[Finding]]:
    """Months for car_t_profiles.follow_up_months (None: not stated), one decimal, and the reason."""
    longest: Time | None = None
    windows = _windows(texts)
    read: set[str] = set()  # outcomes share their time frames, arms their descriptions
    for text in texts:
        if text.folded in read or (windows and text.section == "outcome_time_frame" and text.number in windows):
            continue
        read.add(text.folded)
        time = _longest_in(text) if text.section in _TOLD_IN else None
        if time is not None and (longest is None or time.months > longest.months):
            longest = time
    if longest is None:
        return None, []
    months = round(longest.months, 1)
    rule = "time_frame" if longest.text.section == "outcome_time_frame" else "text"
    return months, [quote(longest.text, longest.start, longest.end, "follow_up_months", f"{months:g}",
                          f"follow_up.{rule}")]  # fmt: skip


_LIMITING = re.compile(r"\bdlts?\b|dose[ -]limiting|\bmtd\b|maximum tolerated|\brp2d\b")
_ALSO_WATCHED = re.compile(r"adverse|\bt?e?aes?\b|\bsafety\b|\bcrs\b|icans|efficacy|respon|remission|persist")


def _windows(texts: Sequence[Text]) -> frozenset[int | None]:
    """The outcomes that count dose-limiting toxicities alone: their time frame is the window of these."""
    return frozenset(
        text.number for text in texts
        if text.section == "outcome_measure" and _LIMITING.search(text.folded) and not _ALSO_WATCHED.search(text.folded)
    )  # fmt: skip


@cached_rule
def _longest_in(text: Text) -> Time | None:
    """The longest time of a text that is one of following, as far as that is believed; the first of equal ones."""
    if text.section == "outcome_time_frame":
        times = iter([time for time in _times(text, 0, len(text.folded)) if not _is_window(time)])
    else:
        times = _followed(text) if text.section in _PROSE else _agreed(text)
    believed = (time for time in times if time.months <= MOST_MONTHS)
    return max(believed, key=lambda time: time.months, default=None)


_WINDOW = re.compile(r"[^;\n]{0,40}\b(?:dlts?|dose[ -]limiting)\b")


def _is_window(time: Time) -> bool:
    """Whether a time in a frame is that in which dose-limiting toxicities count."""
    return time.months <= _LONGEST_WINDOW and bool(_WINDOW.match(time.text.folded, time.end))


def _times(text: Text, low: int, high: int) -> Iterator[Time]:
    folded = text.folded
    for match in DURATION.finditer(folded, low, high):
        if not _INTERVAL.search(folded[max(low, match.start() - 14) : match.start()]):
            yield Time(months_of(match), text, match.start(), match.end())
    for pattern in (_POINTS, _LISTED):
        for match in pattern.finditer(folded, low, high):
            numbers = [int(n) for n in re.findall(r"\d+", match.group())]
            yield Time(max(numbers) * unit_months(match.group("unit")), text, match.start(), match.end())


def _here_until(folded: str, start: int, end: int) -> int:
    """Where a sentence at start..end stops to speak of this protocol: at `start` where it is all of another.

    "24 months in this study, then a separate protocol of 15 years" tells both; one that says where participants
    came from sends them nowhere.
    """
    told = OTHER_PROTOCOL.search(folded, start, end)
    if told is None or CAME_FROM.search(folded, max(start, told.start() - 90), told.start()):
        return end
    return told.start() if HERE.search(folded, start, told.start()) else start


def _followed(text: Text) -> Iterator[Time]:
    """Times near a word of following, in the same sentence."""
    folded = text.folded
    if not any(map(folded.__contains__, _AT_ALL)):
        return
    for start, end in holding(text.folded, _STEMS):
        if _ELSEWHERE.search(text.folded, start, end):
            continue
        end = _here_until(folded, start, end)
        done = start
        for word in _FOLLOWED.finditer(text.folded, start, end):
            low, high = max(done, word.start() - _BEHIND), min(end, word.end() + _BEHIND)
            if low < high:
                yield from _times(text, low, high)
                done = max(done, word.start() - _BEHIND)


def _agreed(text: Text) -> Iterator[Time]:
    for start, end in holding(text.folded, ("follow",)):
        end = _here_until(text.folded, start, end)
        if "year" not in text.folded[start:end]:
            continue
        for match in _AGREED.finditer(text.folded, start, end):
            years = number_of(match.group("number") or match.group("number2"))
            yield Time(years * 12, text, match.start(), match.end())
