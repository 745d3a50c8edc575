"""What the second opinion is asked: days, periods (contract section 5) and the rule files of config/rules/."""
import datetime
import os

MS_A_DAY = 86_400_000
LOCAL_MS = 7 * 3_600_000  # UTC+07:00, fixed
EPOCH = datetime.date(1970, 1, 1)
RULES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "config", "rules")

NAMED_PERIODS = ["month", "quarter", "half", "year", "report_month", "report_quarter", "report_half",
                 "report_nine_months", "report_year"]
# What each key of a rule file may say.
RULE_WORDS = {"end": ["returned, finished", "finished, returned", "finished"], "compare": ["date", "time"],
              "withdrawn": ["on_time", "compared"], "stopped": ["waits", "ends"], "paused": ["in_time", "compared"],
              "refused": ["apart", "counts"], "waiting": ["counted", "subtracted"]}


# ---- days -----------------------------------------------------------------------------------------------------

def instant(text):
    """Milliseconds since 1970 UTC of a time as files write it; without an offset it is local."""
    text = text.strip()
    if "/" in text:
        date, _, clock = text.partition(" ")
        day_part, month, year = date.split("/")
        text = f"{year}-{month.zfill(2)}-{day_part.zfill(2)}T{clock or '00:00'}"
    text = text.replace("Z", "+00:00")
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=7)))
    since = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(milliseconds=1)


def day_of(ms):
    """The local date of an instant, as days since 1970."""
    return None if ms is None else (ms + LOCAL_MS) // MS_A_DAY


def day(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def day_text(number):
    return (EPOCH + datetime.timedelta(days=number)).isoformat()


# ---- periods --------------------------------------------------------------------------------------------------

def month_day(year, month, number):
    """The day `number` of a month that may lie outside 1 to 12."""
    return (datetime.date(year + (month - 1) // 12, (month - 1) % 12 + 1, number) - EPOCH).days


def month_end(year, month):
    return month_day(year, month + 1, 1) - 1


def months_of(kind, text):
    """(year, first month, last month) of a named period; half a year without a number is the first."""
    year, _, part = text.partition("-")
    year = int(year)
    if kind == "month":
        return year, int(part), int(part)
    if kind in ("quarter", "half"):
        length = 3 if kind == "quarter" else 6
        last = length * int(part[1:] or 1)
        return year, last - length + 1, last
    return year, 1, 9 if kind == "nine_months" else 12


def named_period(name, text):
    """
    First and last day of a period by the name of its option. What Thông tư 01/2020 wants reported runs from the
    15th of the month before its first one to the 14th of its last.
    """
    report = name.startswith("report_")
    year, first, last = months_of(name[len("report_"):] if report else name, text)
    if report:
        return month_day(year, first - 1, 15), month_day(year, last, 14)
    return month_day(year, first, 1), month_end(year, last)


def period_of(options, today):
    """First and last day asked for on the command line."""
    for name in NAMED_PERIODS:
        if getattr(options, name):
            return named_period(name, getattr(options, name))
    last = day(options.period_to) if options.period_to else today
    first = day(options.period_from) if options.period_from else day(day_text(last)[:4] + "-01-01")
    return first, last


def rows_of(by, first, last):
    """(key, first day, last day) of every month or day of a period; the outer months as far as they lie in it."""
    rows = []
    while first <= last:
        key = day_text(first)
        end = first
        if by == "month":
            key = key[:7]
            end = min(last, month_end(int(key[:4]), int(key[5:])))
        rows.append((key, first, end))
        first = end + 1
    return rows


# ---- rules ----------------------------------------------------------------------------------------------------

class Rule:
    """A rule of counting, as its file words it."""

    def __init__(self, values):
        self.name = values["name"]
        self.ends = values["end"].split(", ")  # which dates end a dossier, the first stated one
        self.by_time = values["compare"] == "time"
        self.withdrawn_on_time = values["withdrawn"] == "on_time"
        self.stopped_ends = values["stopped"] == "ends"
        self.paused_in_time = values["paused"] == "in_time"
        self.refused_counts = values["refused"] == "counts"
        self.waiting_subtracted = values["waiting"] == "subtracted"
        self.supplements_max = int(values["supplements_max"])

    @classmethod
    def read(cls, name, folder=RULES):
        values = rule_values(os.path.join(folder, name + ".ini"))
        if "same_as" in values:
            return cls.read(values["same_as"], folder)
        return cls(values)


def rule_values(path):
    """The keys of the one section [rule]; ValueError for what does not belong there."""
    values = {}
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines[:1] != ["[rule]"]:
        raise ValueError(f"{path}: no section [rule]")
    for line in lines[1:]:
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or key in values:
            raise ValueError(f"{path}: {line}")
        values[key] = value
    wanted = {"same_as"} if "same_as" in values else {*RULE_WORDS, "name", "version", "source", "supplements_max"}
    wrong = wanted ^ set(values)
    wrong |= {key for key, words in RULE_WORDS.items() if key in values and values[key] not in words}
    if wrong:
        raise ValueError(f"{path}: {', '.join(sorted(wrong))}")
    return values
