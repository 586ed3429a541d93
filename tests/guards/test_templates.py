"""Every mail of the default playbook, in every language the store writes."""

import re

import pytest

from chalicelib.deliver.render import Rendered, render
from tests.deliver.people import KEYS, LANGUAGES, PUBLIC_URL, TEMPLATES, default_bundle, message_to, order, person


def test_every_template_is_written_in_every_language_of_the_store():
    bundle = default_bundle()
    assert set(bundle.settings["store"]["languages"]) == set(LANGUAGES)
    written = {name: set(each["locales"]) for name, each in bundle.templates.items()}
    assert written == {name: set(LANGUAGES) for name in TEMPLATES}


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_says_who_sends_it_and_how_to_leave(template, language):
    bundle = default_bundle()
    shopper = person(language=language, facts=[order()])
    made = render(message_to(shopper.profile_id, template), shopper.customer, bundle, keys=KEYS, public_url=PUBLIC_URL)
    assert isinstance(made, Rendered)
    assert made.language == language
    assert made.subject.strip()
    assert len(made.text.strip()) > 100
    marketing = bundle.templates[template]["class"] == "marketing"
    for part in (made.html, made.text):
        assert bundle.settings["store"]["postal_address"] in part
        assert not re.search(r"\{\{|\{%|\[\[", part)
        if marketing:
            assert f"{PUBLIC_URL}/u/" in part
