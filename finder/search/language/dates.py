"""Dates as people write them, to a year, a month or a day. Pure; what is ambiguous is no date.

2023  2023-06  2023-06-15       also with / or . between, and 20230615
15.06.2023  06.2023             the day first wherever there are dots; 06/2023
15/06/2023  06/15/2023          where one of them can be no month; 05/06/2023 is a day in May to some, in June to others
15 June 2023  june-2023  jun    months in English, three letters or all of them; without a year the last that began
2023年6月15日                    and without the day, without the month
今天  昨天                       today, yesterday
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS_AGO = {"today": 0, "yesterday": 1, "今天": 0, "昨天": 1}
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?)?",
        r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)",
        r"(?:(?P<day>\d{1,2})\.)?(?P<month>\d{1,2})\.(?P<year>\d{4})",
        r"(?P<month>\d{1,2})/(?P<year>\d{4})",
        r"(?P<one>\d{1,2})[-/](?P<other>\d{1,2})[-/](?P<year>\d{4})",
        r"(?P<year>\d{4})\s*年(?:\s*(?P<month>\d{1,2})\s*月(?:\s*(?P<day>\d{1,2})\s*[日号])?)?",
        r"(?:(?P<day>\d{1,2})\.?[ -]?)?(?P<name>[a-z]{3,9})\.?(?:[ -]?(?P<year>\d{4}))?",
        r"(?P<name>[a-z]{3,9})\.?[ -](?P<day>\d{1,2}),?[ -](?P<year>\d{4})",
    )
)


@dataclass(frozen=True, slots=True)
class Date:
    """A year, or a month or a day of it; no calendar was asked."""

    year: int
    month: int | None = None
    day: int | None = None


def date_of(value: str, today: date) -> Date | None:
    """The date that a value in small letters names; None where it names none, or more than one."""
    if (days_ago := _DAYS_AGO.get(value)) is not None:
        day = today - timedelta(days=days_ago)
        return Date(day.year, day.month, day.day)
    found = (form.fullmatch(value) for form in _FORMS)
    return next((read for match in found if match and (read := _date(match.groupdict(), today))), None)


def _date(parts: dict[str, str | None], today: date) -> Date | None:
    month, day = _number(parts, "month"), _number(parts, "day")
    if "one" in parts:
        month, day = _apart(_number(parts, "one") or 0, _number(parts, "other") or 0)
    if name := parts.get("name"):
        month = next((number for number, known in enumerate(MONTHS, 1) if _is_named(known, name)), None)
    if (month is None and (day is not None or parts.keys() & {"one", "name"})) or 0 in (month, day):
        return None
    year = _number(parts, "year")
    if year is None:
        begun = (today.month, today.day) >= (month or 0, day or 0)
        year = today.year if begun else today.year - 1
    return Date(year, month, day)


def _number(parts: dict[str, str | None], part: str) -> int | None:
    found = parts.get(part)
    return None if found is None else int(found)


def _apart(one: int, other: int) -> tuple[int | None, int | None]:
    """The month and the day of two numbers, of which only one can be a month."""
    if one == other or one > 12 >= other:
        return other, one
    return (one, other) if other > 12 >= one else (None, None)


def _is_named(month: str, typed: str) -> bool:
    return typed in (month.lower(), month[:3].lower(), "sept" if month == "September" else "")
