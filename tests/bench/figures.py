"""Rows of figures: what was measured, beside its limit or its baseline, as text or JSON."""
import statistics


class Failed(Exception):
    """A program under measurement did not do its work; the text says which and how."""


def row(what, value, unit, limit=None, at_least=None, note=""):
    """A figure, None if it could not be measured; limit: what it must not exceed, or at_least: what it must reach."""
    within = None
    if value is None:
        limit = at_least = None
    elif limit is not None:
        within = value <= limit
    elif at_least is not None:
        within = value >= at_least
    rounded = {"value": value, "limit": limit, "at_least": at_least}
    rounded = {name: None if number is None else round(number, 3) for name, number in rounded.items()}
    return {"what": what, **rounded, "unit": unit, "within": within, "note": note}


def median(numbers):
    return statistics.median(numbers)


def ratio(measured, baseline):
    """The median of the ratios of runs that were made in pairs: what slows both down is no difference."""
    return median([one / other for one, other in zip(measured, baseline, strict=True)])


def spread(numbers, unit="s"):
    """The runs behind a median, in a few words."""
    if len(numbers) == 1:
        return "one run"
    return f"{len(numbers)} runs, {min(numbers):.2f} to {max(numbers):.2f} {unit}"


def bound_of(entry):
    if entry["limit"] is not None:
        return f"<= {entry['limit']:g}"
    return "" if entry["at_least"] is None else f">= {entry['at_least']:g}"


def lines_of(rows):
    width = max((len(entry["what"]) for entry in rows), default=0)
    for entry in rows:
        verdict = {None: "", True: "ok", False: "MISSED"}[entry["within"]]
        value = "-" if entry["value"] is None else f"{entry['value']:.2f}"
        yield (f"{entry['what']:<{width}}  {value:>10} {entry['unit']:<5} {bound_of(entry):<9} {verdict:<6} "
               f"{entry['note']}").rstrip()
