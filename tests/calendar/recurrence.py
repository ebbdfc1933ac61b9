#!/usr/bin/env python3
"""Cases of recurrence with the answers of two independent libraries: icalendar reads the text, python-dateutil expands the rule.

    recurrence.py --count 20000 [--seed 1] > cases.jsonl

One JSON object a line: `ics` (a VCALENDAR), `from` and `to` (Unix seconds, exclusive end), `starts` (Unix seconds, in order). Rules are
followed on the wall of their zone; zoneinfo says when that is, taking an hour that never comes by the offset from before it and one that
comes twice for the first. What RFC 5545 leaves open is settled here as crates/calendar/src/series.rs says: DTSTART is the first member and
is counted, a floating time is in UTC. Needs python-dateutil and icalendar."""

import argparse
import datetime as dt
import json
import random
import sys
from zoneinfo import ZoneInfo

import icalendar
from dateutil.rrule import rrulestr

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia", "UTC", ""]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
UTC = dt.timezone.utc


def pick(rng, values, most):
    return ",".join(str(v) for v in sorted(rng.sample(values, rng.randint(1, most)), key=lambda v: (isinstance(v, str), v)))


def rule(rng, start, day_only):
    """A valid rule and how many days of window it may have."""
    freq = rng.choices(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "MINUTELY"], [20, 28, 28, 18, 4, 2])[0]
    if day_only and freq in ("HOURLY", "MINUTELY"):
        freq = "DAILY"
    parts = [f"FREQ={freq}"]
    if rng.random() < 0.4:
        parts.append(f"INTERVAL={rng.choice([2, 2, 3, 4, 5, 6, 12, 13])}")
    by = False
    chance = lambda p: rng.random() < p
    if freq == "WEEKLY" and chance(0.7):
        parts.append("BYDAY=" + pick(rng, DAYS, 4)); by = True
    if freq in ("MONTHLY", "YEARLY"):
        kind = rng.randint(0, 5)
        if kind == 0:
            parts.append("BYDAY=" + ",".join(f"{rng.choice([1, 2, 3, 4, 5, -1, -2])}{d}" for d in rng.sample(DAYS, rng.randint(1, 2)))); by = True
            if freq == "YEARLY":
                parts.append("BYMONTH=" + pick(rng, range(1, 13), 3))
        elif kind == 1:
            parts.append("BYMONTHDAY=" + pick(rng, [*range(1, 32), -1, -2, -3], 3)); by = True
            if freq == "YEARLY" or chance(0.2):
                parts.append("BYMONTH=" + pick(rng, range(1, 13), 4))
        elif kind == 2:
            parts.append("BYDAY=" + pick(rng, DAYS, 5)); by = True
            if freq == "YEARLY" and chance(0.8):
                parts.append("BYMONTH=" + pick(rng, range(1, 13), 2))
        elif kind == 3 and freq == "YEARLY":
            what = rng.randint(0, 2)
            if what == 0:
                parts.append("BYYEARDAY=" + pick(rng, [*range(1, 367), -1, -100, -366], 3)); by = True
            elif what == 1:
                parts.append("BYWEEKNO=" + pick(rng, [*range(1, 54), -1, -2], 2)); parts.append("BYDAY=" + pick(rng, DAYS, 3)); by = True
            else:
                parts.append("BYMONTH=" + pick(rng, range(1, 13), 4))
        elif kind == 4 and freq == "MONTHLY":
            parts.append("BYDAY=" + pick(rng, DAYS, 7)); parts.append("BYMONTHDAY=" + pick(rng, range(1, 32), 8)); by = True
    if freq == "DAILY" and chance(0.4):
        parts.append(rng.choice(["BYDAY=" + pick(rng, DAYS, 5), "BYMONTH=" + pick(rng, range(1, 13), 4), "BYMONTHDAY=" + pick(rng, [*range(1, 32), -1], 6)])); by = True
    if not day_only and freq not in ("HOURLY", "MINUTELY") and chance(0.1):
        parts.append("BYHOUR=" + pick(rng, range(0, 24), 3)); by = True
        if chance(0.4):
            parts.append("BYMINUTE=" + pick(rng, [0, 15, 30, 45], 2))
    if freq == "HOURLY" and chance(0.6):
        parts.append("BYHOUR=" + pick(rng, range(0, 24), 5))
    if freq == "MINUTELY":
        parts[1:] = ["INTERVAL=" + str(rng.choice([30, 45, 90, 720]))]
    if by and freq in ("WEEKLY", "MONTHLY", "YEARLY") and chance(0.25):
        parts.append("BYSETPOS=" + pick(rng, [1, 2, 3, -1, -2], 2))
    if chance(0.3):
        parts.append("WKST=" + rng.choice(DAYS))
    span = {"MINUTELY": 20, "HOURLY": 40, "DAILY": 500, "WEEKLY": 900, "MONTHLY": 2000, "YEARLY": 9000}[freq]
    return parts, span


def instant(wall, zone):
    return int(wall.replace(tzinfo=zone, fold=0).astimezone(UTC).timestamp())


def stamp(wall, day_only):
    return wall.strftime("%Y%m%d" if day_only else "%Y%m%dT%H%M%S")


def case(seed, n, attempt=0):
    rng = random.Random(f"{seed}/{n}/{attempt}")
    day_only = rng.random() < 0.2
    label = "" if day_only else rng.choice(ZONES)
    zone = ZoneInfo(label or "UTC")
    near_change = rng.random() < 0.4
    if near_change:
        base = rng.choice([dt.datetime(2024, 3, 31), dt.datetime(2024, 10, 27), dt.datetime(2024, 3, 10), dt.datetime(2024, 11, 3), dt.datetime(2024, 4, 7), dt.datetime(2024, 10, 6)])
        start = base - dt.timedelta(days=rng.randint(0, 20)) + dt.timedelta(hours=rng.randint(0, 4), minutes=rng.choice([0, 15, 30, 45]))
    else:
        start = dt.datetime(2015, 1, 1) + dt.timedelta(days=rng.randint(0, 5000), minutes=15 * rng.randint(0, 95))
    if day_only:
        start = start.replace(hour=0, minute=0)
    parts, span = rule(rng, start, day_only)
    bare = ";".join(parts)
    # Enough of it to end anywhere: what is beyond the window is cut off below.
    limit = start + dt.timedelta(days=span + 800)
    count, until = None, None
    ends = rng.random()
    if ends < 0.35:
        count = rng.randint(1, 60)
        parts.append(f"COUNT={count}")
    elif ends < 0.65:
        end = start + dt.timedelta(days=rng.randint(0, span), minutes=15 * rng.randint(0, 95))
        if day_only:
            until = ("wall", end.replace(hour=0, minute=0)); parts.append("UNTIL=" + stamp(end, True))
        elif label:
            until = ("instant", instant(end, UTC)); parts.append("UNTIL=" + stamp(end, False) + "Z")
        else:
            until = ("wall", end); parts.append("UNTIL=" + stamp(end, False))
    rng.shuffle(parts)
    value = ";VALUE=DATE" if day_only else f";TZID={label}" if label not in ("", "UTC") else ""
    tail = "Z" if label == "UTC" else ""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//case//EN", "BEGIN:VEVENT", f"UID:{n}@case", "DTSTAMP:20240101T000000Z", f"DTSTART{value}:{stamp(start, day_only)}{tail}", "RRULE:" + ";".join(parts)]
    named = []
    try:
        rule_of = rrulestr("RRULE:" + bare, dtstart=start)
    except ValueError:
        # Every third hour and never at one of them: dateutil says so, and it is no case.
        return case(seed, n, attempt + 1)
    for wall in rule_of:
        if wall > limit or len(named) > 3000:
            break
        named.append(wall)
    members = [start, *(w for w in named if w != start)]
    if count is not None:
        members = members[:count]
    if until is not None:
        kind, end = until
        members = [start, *(w for w in members[1:] if (w <= end if kind == "wall" else instant(w, zone) <= end))]
    gone = []
    if rng.random() < 0.4:
        gone = rng.sample(members, min(len(members), rng.randint(1, 3)))
        lines += [f"EXDATE{value}:" + ",".join(stamp(w, day_only) + tail for w in gone)]
    if rng.random() < 0.2:
        extra = [start + dt.timedelta(days=rng.randint(1, span), minutes=0 if day_only else 15 * rng.randint(0, 95)) for _ in range(rng.randint(1, 2))]
        lines += [f"RDATE{value}:" + ",".join(stamp(w, day_only) + tail for w in extra)]
        members += extra
    lines += ["END:VEVENT", "END:VCALENDAR"]
    text = "\r\n".join(lines) + "\r\n"
    # What another reader makes of the text, in place of what was meant to be written.
    event = next(c for c in icalendar.Calendar.from_ical(text).walk("VEVENT"))
    read = event["DTSTART"].dt
    assert (read if day_only else read.replace(tzinfo=None)) == (start.date() if day_only else start), text
    starts = sorted({instant(w, zone) for w in members} - {instant(w, zone) for w in gone})
    begin = instant(start + dt.timedelta(days=rng.randint(-30, span // 2)), UTC)
    end = begin + 86400 * rng.randint(1, max(2, span // 2))
    # Members take no time here: one is in the window when it begins in it.
    length = 86400 if day_only else 0
    inside = [s for s in starts if s < end and (s + length > begin or (length == 0 and s >= begin))]
    # Where the list of what is named was cut, on the wall of the series: east of Greenwich that is before the same wall in UTC.
    known_until = instant(limit if len(named) <= 3000 else named[-1], zone)
    return {"ics": text, "from": begin, "to": min(end, known_until), "starts": [s for s in inside if s < known_until]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for n in range(args.count):
        sys.stdout.write(json.dumps(case(args.seed, n)) + "\n")


main()
