"""Every mail of the default playbook, in every language the store writes."""

import re

import pytest

from chalicelib.deliver.render import Rendered, render
from chalicelib.playbook.bundle import Bundle
from tests.deliver.people import KEYS, PUBLIC_URL, default_bundle, message_to, order, person

BUNDLE: Bundle = default_bundle()
MAILS = [(template, language) for template, each in BUNDLE.templates.items() for language in each["locales"]]


def test_every_template_is_written_in_every_language_of_the_store():
    assert BUNDLE.templates
    languages = set(BUNDLE.settings["store"]["languages"])
    assert {name: set(each["locales"]) for name, each in BUNDLE.templates.items()} == dict.fromkeys(
        BUNDLE.templates, languages
    )


@pytest.mark.parametrize(("template", "language"), MAILS)
def test_a_mail_says_who_sends_it_and_how_to_leave(template, language):
    shopper = person(language=language, facts=[order()])
    made = render(message_to(shopper.profile_id, template), shopper.customer, BUNDLE, keys=KEYS, public_url=PUBLIC_URL)
    assert isinstance(made, Rendered)
    assert made.language == language
    assert made.subject.strip()
    assert len(made.text.strip()) > 100
    marketing = BUNDLE.templates[template]["class"] == "marketing"
    for part in (made.html, made.text):
        assert BUNDLE.settings["store"]["postal_address"] in part
        assert not re.search(r"\{\{|\{%|\[\[", part)
        if marketing:
            assert f"{PUBLIC_URL}/u/" in part
