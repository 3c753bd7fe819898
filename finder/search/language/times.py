"""Times as people type them: ages, days, months, years, ranges. Pure; the clock and the time zone are the caller's.

A time is half open: it begins with its first instant and ends before the first instant of the next. So
`after:2023 before:2024` is the year 2023.

value                           modified within
<30d  <=30d                     the last 30 days (h hours, d days, w 7 days, m 30 days, y 365 days)
>2y  >=2y                       earlier than that
today  yesterday                that day, from midnight to midnight where the computer is
hour  day  week  month  year    the last hour, 24 hours, 7, 30, 365 days
2023  2023-06  15.06.2023       that year, month or day, as `finder.search.language.dates` reads them
2021..2023                      from the beginning of the first to the end of the second
>2023  >=2023  <2023  <=2023    later than its end, from its beginning on, before its beginning, up to its end
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from finder.search.language.dates import MONTHS, date_of

_NS_PER_S = 1_000_000_000
_NS_PER_HOUR = 3_600 * _NS_PER_S
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}
_UNIT_NAMES = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
_RECENT = {"hour": "1h", "day": "1d", "week": "1w", "month": "1m", "year": "1y"}
_AGE = re.compile(r"(<=|>=|<|>)(\d{1,6})([hdwmy])", re.IGNORECASE)
_SIGNED_DATE = re.compile(r"(<=|>=|<|>)(.+)")
_NEAR_DAYS = {"today": "today", "yesterday": "yesterday", "今天": "today", "昨天": "yesterday"}


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `least` on and below `below`; None is no limit."""

    least: int | None
    below: int | None


@dataclass(frozen=True, slots=True)
class _Period:
    start: datetime
    end: datetime
    text: str
    is_day: bool = False


def read(field: str, value: str, now: datetime) -> tuple[Span, str] | None:
    """What `before:`, `after:` or `modified:` with this value stands for: nanoseconds since 1970, and words for it.

    None where the value makes no sense.

    Args:
        now: with its time zone, in which days begin.
    """
    value = value.strip().lower()
    try:
        if field == "modified":
            return _age(value, now) or _named(value, now) or _signed(value, now) or _range(value, now)
        period = _period(value, now)
        if period is None:
            return None
        if field == "before":
            return Span(None, _ns(period.start)), f"before {period.text}"
        return Span(_ns(period.start), None), f"from {period.text} on"
    except (ValueError, OverflowError, OSError):  # no such day, or beyond what a calendar or the system's clock holds
        return None


def _age(value: str, now: datetime) -> tuple[Span, str] | None:
    match = _AGE.fullmatch(value)
    if match is None:
        return None
    count, unit = int(match[2]), match[3].lower()
    minute = now.replace(second=0, microsecond=0)  # so that what is searched for keeps its limits while it is typed
    since = _ns(minute) - count * _HOURS[unit] * _NS_PER_HOUR  # not by the clock on the wall, which may be put back
    words = f"{count} {_UNIT_NAMES[unit]}{'' if count == 1 else 's'}"
    if match[1].startswith(">"):
        return Span(None, since), f"over {words} ago"
    return Span(since, None), f"in the last {_UNIT_NAMES[unit] if count == 1 else words}"


def _named(value: str, now: datetime) -> tuple[Span, str] | None:
    if value in _RECENT:
        return _age(f"<{_RECENT[value]}", now)
    day = _period(value, now) if value in _NEAR_DAYS else None
    return (Span(_ns(day.start), _ns(day.end)), _NEAR_DAYS[value]) if day is not None else None


def _signed(value: str, now: datetime) -> tuple[Span, str] | None:
    match = _SIGNED_DATE.fullmatch(value)
    period = match and _period(match[2], now)
    if match is None or period is None:
        return None
    start, end = _ns(period.start), _ns(period.end)
    return {
        ">": (Span(end, None), f"after {period.text}"),
        ">=": (Span(start, None), f"from {period.text} on"),
        "<": (Span(None, start), f"before {period.text}"),
        "<=": (Span(None, end), f"up to {period.text}"),
    }[match[1]]


def _range(value: str, now: datetime) -> tuple[Span, str] | None:
    ends = [_period(part, now) for part in value.split("..", 1)]
    first, last = ends[0], ends[-1]
    if first is None or last is None or last.end <= first.start:
        return None
    words = f"{first.text} to {last.text}" if len(ends) == 2 else f"{'on' if first.is_day else 'in'} {first.text}"
    return Span(_ns(first.start), _ns(last.end)), words


def _period(value: str, now: datetime) -> _Period | None:
    """The day, month or year that a date names."""
    named = date_of(value, now.date())
    if named is None:
        return None
    year, month, day = named.year, named.month, named.day
    start = _local(year, month or 1, day or 1, now)
    if month is None:
        return _Period(start, _local(year + 1, 1, 1, now), str(year))
    if day is None:
        following_month = (year + month // 12, month % 12 + 1)
        return _Period(start, _local(*following_month, 1, now), f"{MONTHS[month - 1]} {year}")
    following = datetime(year, month, day) + timedelta(days=1)
    end = _local(following.year, following.month, following.day, now)
    return _Period(start, end, f"{day} {MONTHS[month - 1]} {year}", is_day=True)


def _local(year: int, month: int, day: int, now: datetime) -> datetime:
    """Midnight where `now` is, as the clocks stood on that day."""
    midnight = datetime(year, month, day)
    return midnight.astimezone() if now.tzinfo is None else midnight.replace(tzinfo=now.tzinfo)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * _NS_PER_S
