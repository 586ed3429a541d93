"""Without consent there is nothing unique in a mail to follow; reading time is measured only where it was asked for."""

import re
from dataclasses import replace

import pytest

from chalicelib import ids
from chalicelib.deliver import reading
from chalicelib.ids import Purpose
from tests.deliver.people import KEYS, PUBLIC_URL, bundle_with, person
from tests.deliver.test_render import mail

OURS = re.compile(re.escape(PUBLIC_URL) + r"/(\w+)/([\w-]{52})")
WITHOUT = {"pixel": "individual", "ask_in": ["IT"], "wordings": []}
FOLLOWING = (Purpose.OPEN, Purpose.CLICK, Purpose.READ)


def purposes(made):
    """(purpose, token) of every link of ours in a mail."""
    for _, token in set(OURS.findall(made.html + made.text)):
        yield ids.read_token(token, tuple(Purpose), KEYS).purpose, token


@pytest.mark.parametrize("unasked", ["none", "campaign"])
def test_without_consent_nothing_in_a_mail_tells_one_recipient_from_another(unasked, record_property):
    people = 200
    made = [
        mail(
            "welcome",
            profile=person(f"ann{number}@mail.example", country="IT"),
            bundle=bundle_with(tracking=WITHOUT | {"unasked": unasked}),
            definition="flow:welcome",
        )
        for number in range(people)
    ]
    found = [entry for each in made for entry in purposes(each)]
    pixels = sum(purpose in (Purpose.OPEN, Purpose.READ) for purpose, _ in found)
    clicks = sum(purpose is Purpose.CLICK for purpose, _ in found)
    shared = {token for purpose, token in found if purpose is Purpose.COUNT}
    pages = {tuple(re.findall(r'href="(https?://(?!mail\.)[^"]+)"', each.html)) for each in made}
    assert (pixels, clicks, len(shared), len(pages)) == (0, 0, unasked == "campaign", 1)
    assert all(each.links == [] for each in made)
    assert len({token for purpose, token in found if purpose is Purpose.UNSUBSCRIBE}) == people, "the way out is theirs"
    record_property(
        "promise", f"P30: {people} mails without consent ({unasked}): {pixels} unique pixels, {clicks} unique links"
    )


@pytest.mark.parametrize("kind", ["flow", "campaign"])
def test_marks_of_reading_time_are_opted_into_and_need_an_own_pixel(kind):
    def bundle(opted, **tracking):
        made = bundle_with(tracking=WITHOUT | tracking)
        return replace(made, **{f"{kind}s": {"welcome": {"reading_time": True} if opted else {}}})

    profile = person(country="US")
    asked = mail("welcome", profile=profile, definition=f"{kind}:welcome", bundle=bundle(True))
    marks = [token for purpose, token in purposes(asked) if purpose is Purpose.READ]
    assert sorted(ids.read_token(token, Purpose.READ, KEYS).link for token in marks) == [0, 1, 2]
    assert asked.html.index("@keyframes read8") < asked.html.index("</head>")
    for quiet in (bundle(False), bundle(True, pixel="campaign"), bundle(True, pixel="none")):
        plain = mail("welcome", profile=profile, definition=f"{kind}:welcome", bundle=quiet)
        assert "@keyframes" not in plain.html
        assert not {purpose for purpose, _ in purposes(plain)} & {Purpose.READ}


def test_marks_go_into_whole_pages_only():
    for odd in ("", "<p>no page</p>", "</body></head>", "<head></head>"):
        assert reading.add_marks(odd, ["a", "b", "c"]) == odd
