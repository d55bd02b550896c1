"""Seasons and days: what the page is for, and from when until when."""

import datetime as dt
import re
from dataclasses import dataclass

from generation.campaigns.compiler import feasts
from generation.campaigns.compiler.money import NUMBERS
from generation.campaigns.compiler.text import Draft

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH_OF = {name: n for n, name in enumerate(MONTHS, 1)} | {name[:3]: n for n, name in enumerate(MONTHS, 1)}
_MONTH_OF["sept"] = 9
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTH = r"(?:" + "|".join(sorted(_MONTH_OF, key=len, reverse=True)) + r")\b"
_YEAR = r"(?:,?\s+(?P<{0}_year>20\d\d))?"
_COUNT = rf"(?:\d{{1,2}}|{'|'.join(list(NUMBERS)[1:13])}|a|the)"
SEASONS = {
    "Spring": r"spring(?:time)?",
    "Summer": r"(?:mid|high |early |late )?summer(?:time)?",
    "Autumn": r"autumn(?:al)?|fall season|this fall",
    "Winter": r"(?:mid)?winter(?:time)?|wintry",
    "Monsoon": r"monsoon|rainy season|first (?:heavy )?rains",
    "Back to school": r"back[- ]to[- ](?:school|term|college)|school start|new term|start of term",
    "Wedding season": r"wedding season",
    "Holiday season": r"festive season|holiday season|the holidays\b",
    "Exam season": r"exam (?:season|weeks?)",
}
_CLOTHES_LINE = r"\b(?:{0})\b(?! (?:tyres?|onions?|squash))"


def _day(name: str) -> str:
    """A day as people write it: "24 December", "december 24th", "24/12", "2026-12-24", "Christmas"."""
    return (
        rf"(?:(?:the )?(?P<{name}_day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?"
        rf"\s+(?P<{name}_month>{_MONTH}){_YEAR.format(name)}"
        rf"|(?P<{name}_month_b>{_MONTH})\s+(?:the )?(?P<{name}_day_b>\d{{1,2}})(?:st|"
        rf"nd|rd|th)?\b(?!\s*%){_YEAR.format(name + '_b')}"
        rf"|(?P<{name}_iso>20\d\d-\d\d-\d\d)|(?P<{name}_dots>\d{{1,2}}\.\s?\d{{1,2}}\.(?:\s?20\d\d)?))"
    )


_FEAST = rf"(?P<feast>{feasts.PATTERN})"
_RANGE = re.compile(
    rf"\b(?:(?:from|between)\s+)?(?:{_day('a')}|(?:the )?(?P<a_bare>\d{{1,2}})(?:st|"
    rf"nd|rd|th)?)\s*(?:to|until|till|through|and|-|–|—)\s*{_day('b')}"
)
_UNTIL = re.compile(
    rf"\b(?P<word>until|till|up to and including|through|ending(?: on)?|ends(?: on)?|by|before)\s+(?:the )?{_day('a')}"
)
_SINCE = re.compile(
    rf"\b(?:from|starting(?: on)?|starts(?: on)?|as of|beginning(?: on)?)\s+(?:the )?{_day('a')}(?:\s+on(?:wards)?)?"
)
_ON = re.compile(rf"\b(?:on|for)\s+(?:the )?{_day('a')}")
_FEAST_BEFORE = re.compile(
    rf"\b(?:in |for |over )?(?:the )?(?:last |final )?(?:(?P<n>{_COUNT})\s+)?(?P<unit>day|"
    rf"week)s?\s+(?:before|to|up to|until|leading up to|running up to)\s+{_FEAST}"
)
_FEAST_WITH = re.compile(
    rf"\b(?P<word>until|till|up to|by|before|pre-|in time for|ahead of|run-up to)\s*(?:the )?{_FEAST}"
)
_FEAST_FOR = re.compile(rf"\b(?P<word>for|this|on|at|over|around|during)\s+(?:the )?{_FEAST}")
_FEAST_ANY = re.compile(rf"\b{_FEAST}")
_MONTHS_RANGE = re.compile(
    rf"\b(?:from |between |in )(?P<a>{_MONTH})\s*(?:to|until|till|through|and|-|–)\s*(?P<b>{_MONTH})"
)
_IN_MONTH = re.compile(
    r"\b(?P<word>in|during|for|throughout|all of|before|until|until the end of)\s+"
    rf"(?P<a>{_MONTH})(?:\s+(?P<year>20\d\d))?(?!\s+\d)"
)
_SPAN = re.compile(
    r"\b(?P<what>this weekend|next weekend|this week|next week|this month|next month|"
    r"today|tomorrow|until the end of (?:the|this) (?:month|week|year)|until (?:month|"
    r"year)[- ]end)\b"
)
_FOR_LONG = re.compile(
    rf"\bfor (?:the next )?(?P<n>{_COUNT}|next) (?P<unit>day|week|month)s?\b(?! (?:supply|worth|old|of))"
)


@dataclass(frozen=True)
class _Span:
    starts: dt.date | None
    ends: dt.date | None


def read_when(draft: Draft, today: dt.date) -> None:
    """First and last day, then the season."""
    _exact(draft, today)
    _feasts(draft, today)
    _months(draft, today)
    _spans(draft, today)
    _seasons(draft)


def _exact(draft: Draft, today: dt.date) -> None:
    for match in draft.find(_RANGE):
        ends = _date(match, "b", today)
        starts = _date(match, "a", today)
        if starts is None and match["a_bare"] and ends is not None:
            starts = _make(ends.year, ends.month, int(match["a_bare"]))
        if starts and ends and starts > ends and not (match["b_year"] or match["b_b_year"]):
            ends = _make(starts.year + 1, ends.month, ends.day)
        if starts and ends and starts <= ends:
            _take(draft, match, _Span(starts, ends), today)
    for match in draft.find(_UNTIL):
        ends = _date(match, "a", today)
        if ends and match["word"] == "before":
            ends -= dt.timedelta(days=1)
        if ends:
            _take(draft, match, _Span(None, ends), today)
    for match in draft.find(_SINCE):
        _take(draft, match, _Span(_date(match, "a", today), None), today)
    for match in draft.find(_ON):
        day = _date(match, "a", today)
        _take(draft, match, _Span(day, day), today)


def _feasts(draft: Draft, today: dt.date) -> None:
    for match in draft.find(_FEAST_BEFORE):
        feast, day = feasts.named(match["feast"], today)
        if day is None:
            continue
        count = match["n"]
        days = (int(count) if count and count.isdigit() else NUMBERS.get(count or "", 1)) * (
            7 if match["unit"] == "week" else 1
        )
        _season(draft, match, feast, claim=False)
        _take(
            draft,
            match,
            _Span(day - dt.timedelta(days=days), day - dt.timedelta(days=1)),
            today,
            note=feasts.note(feast, day),
        )
    for pattern in (_FEAST_WITH, _FEAST_FOR, _FEAST_ANY):
        for match in draft.find(pattern):
            feast, day = feasts.named(match["feast"], today)
            word = match.groupdict().get("word", "")
            known = day is not None and not draft.has("ends_on") and not draft.has("season")
            _season(draft, match, feast, claim=not (known and word))
            if known and day is not None and word:
                _take(
                    draft,
                    match,
                    _Span(None, day - dt.timedelta(days=word in ("before", "pre-"))),
                    today,
                    note=feasts.note(feast, day),
                )


def _months(draft: Draft, today: dt.date) -> None:
    for match in draft.find(_MONTHS_RANGE):
        first, last = _month(match["a"]), _month(match["b"])
        year = today.year if _end(today.year, last) >= today or last < first else today.year + 1
        starts = dt.date(year, first, 1)
        ends = _end(year + (last < first), last)
        _take(draft, match, _Span(starts, ends), today)
    for match in draft.find(_IN_MONTH):
        month = _month(match["a"])
        year = int(match["year"]) if match["year"] else today.year
        if not match["year"] and _end(year, month) < today:
            year += 1
        if match["word"] == "before":
            _take(draft, match, _Span(None, dt.date(year, month, 1) - dt.timedelta(days=1)), today)
        elif match["word"].startswith("until"):
            _take(draft, match, _Span(None, _end(year, month)), today)
        else:
            _take(draft, match, _Span(dt.date(year, month, 1), _end(year, month)), today)


def _spans(draft: Draft, today: dt.date) -> None:
    monday = today - dt.timedelta(days=today.weekday())
    next_month = _end(today.year, today.month) + dt.timedelta(days=1)
    spans = {
        "today": _Span(today, today),
        "tomorrow": _Span(today + dt.timedelta(days=1), today + dt.timedelta(days=1)),
        "this week": _Span(today, monday + dt.timedelta(days=6)),
        "next week": _Span(monday + dt.timedelta(days=7), monday + dt.timedelta(days=13)),
        "this weekend": _Span(max(today, monday + dt.timedelta(days=5)), monday + dt.timedelta(days=6)),
        "next weekend": _Span(monday + dt.timedelta(days=12), monday + dt.timedelta(days=13)),
        "this month": _Span(today, _end(today.year, today.month)),
        "next month": _Span(next_month, _end(next_month.year, next_month.month)),
    }
    for match in draft.find(_SPAN):
        what = match["what"]
        if what in spans:
            # "buy soap from us today" says nothing about the page; a day alone counts only where it is meant.
            if what in ("today", "tomorrow") and not re.search(
                r"\b(?:for|only|just|until)\s+$", draft.folded[: match.start()]
            ):
                continue
            _take(draft, match, spans[what], today)
        elif "week" in what:
            _take(draft, match, _Span(None, monday + dt.timedelta(days=6)), today)
        else:
            _take(draft, match, _Span(None, _end(today.year, 12 if "year" in what else today.month)), today)
    for match in draft.find(_FOR_LONG):
        count = match["n"]
        times = int(count) if count.isdigit() else NUMBERS.get(count, 1)
        days = times * {"day": 1, "week": 7, "month": 30}[match["unit"]]
        _take(draft, match, _Span(today, today + dt.timedelta(days=days - 1)), today)


def _seasons(draft: Draft) -> None:
    for season, words in SEASONS.items():
        for match in draft.find(_CLOTHES_LINE.format(words)):
            _season(draft, match, season)


def _season(draft: Draft, match: re.Match[str], season: str, claim: bool = True) -> None:
    if not draft.has("season"):
        draft.add("season", season, f"Season: {season}", match.span(), claim=claim)
    elif claim:
        draft.claim(*match.span())


def _take(draft: Draft, match: re.Match[str], span: _Span, today: dt.date, note: str = "") -> None:
    if span.starts and span.starts >= today and not draft.has("starts_on"):
        label = f"From {span.starts:%-d %b %Y}"
        draft.add("starts_on", span.starts.isoformat(), label, match.span(), note=note)
    if span.ends and not draft.has("ends_on"):
        draft.add("ends_on", span.ends.isoformat(), f"Until {span.ends:%-d %b %Y}", match.span(), note=note)


def _date(match: re.Match[str], name: str, today: dt.date) -> dt.date | None:
    found = match.groupdict()
    if found[f"{name}_iso"]:
        try:
            return dt.date.fromisoformat(found[f"{name}_iso"])
        except ValueError:
            return None
    if found[f"{name}_dots"]:
        day, month, year = [*re.findall(r"\d+", found[f"{name}_dots"]), ""][:3]
        return _next(int(month), int(day), year, today)
    day = found[f"{name}_day"] or found[f"{name}_day_b"]
    month = found[f"{name}_month"] or found[f"{name}_month_b"]
    year = found[f"{name}_year"] or found[f"{name}_b_year"] or ""
    return _next(_month(month), int(day), year, today) if day and month else None


def _next(month: int, day: int, year: str, today: dt.date) -> dt.date | None:
    """The day in the year that was named, or else the next one that is not over."""
    if year:
        return _make(int(year), month, day)
    this = _make(today.year, month, day)
    return this if this is None or this >= today else _make(today.year + 1, month, day)


def _make(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _month(name: str) -> int:
    return _MONTH_OF[name.strip(". ")]


def _end(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
