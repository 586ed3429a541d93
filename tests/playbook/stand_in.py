"""Stands in for the compiler of templates where no mail is looked at: every template there is, with what it shows."""

from cli.publish.load import DEFAULT

_SHOWS = {
    "welcome": ["coupon.code"],
    "unpaid_1": ["order.total"],
    "unpaid_2": ["order.total", "points.granted"],
    "unpaid_3": ["order.total", "coupon.value"],
    "confirm_subscription": ["confirm_url"],
    "preferences_link": ["preferences_url"],
}


def render_names(directory, languages):
    names = sorted(path.stem for path in (DEFAULT / "templates").glob("[a-z]*.mjml"))
    templates = {name: {"class": "marketing", "uses": _SHOWS.get(name, []), "locales": {}} for name in names}
    return templates, {language: {} for language in languages}
