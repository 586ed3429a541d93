"""What simulated people tick and type: topics and frequency on signing up, a survey, their preferences. Invented.

They use the pages as they find them: the forms, their hidden fields and the
links behind the thanks. Everything is drawn from the seed and the person, so the
same seed ticks the same boxes.
"""

import random
from urllib.parse import urljoin

from cli.demo.browser import Browser, Form, Page

WISHES_TOPICS, WISHES_FREQUENCY = 0.6, 0.3
ANSWERS_SURVEY, ANSWERS_QUESTION = 0.55, 0.7
CHANGES_PREFERENCES = 0.08
WORDS = {"occupation": ("nurse", "teacher", "engineer", "retired"), "clubs": ("book club", "running group")}


def sign_up_values(form: Form, chance: random.Random) -> dict[str, str]:
    """Topics and a frequency, by those who care to say."""
    values: dict[str, str] = {}
    if chance.random() < WISHES_TOPICS:
        topics = [name for name in form.choices if name.startswith("topic.")]
        values |= {name: "yes" for name in topics if chance.random() < 0.5}
    if chance.random() < WISHES_FREQUENCY:
        values["frequency"] = _one_of(form, "frequency", chance)
    return values


def answer_survey(browser: Browser, thanks: Page, url: str, chance: random.Random, agent: str) -> None:
    """Follow the link to the survey, where the page has one, and answer some of it."""
    link = next((link for link in thanks.links() if "/survey/" in f"/{link}"), "")
    if not link or chance.random() >= ANSWERS_SURVEY:
        return
    link = urljoin(url, link)
    for form in browser.ask("GET", link, agent=agent).forms()[:1]:
        values = {}
        for name in [*form.fields, *form.choices]:
            if name in ("action", "website") or chance.random() >= ANSWERS_QUESTION:
                continue
            values[name] = _answer(form, name, chance)
        browser.submit(form, link, values, agent=agent)


def change_preferences(browser: Browser, link: str, chance: random.Random, agent: str) -> None:
    """A pause, a frequency or fewer topics; what else the form shows is sent back as it was shown."""
    for form in browser.ask("GET", link, agent=agent).forms()[:1]:
        values = {"channel.email": "yes"} if form.fields.get("shown.email") == "on" else {}
        wish = chance.random()
        topics = [name for name in form.choices if name.startswith("topic.")]
        kept = topics if wish < 0.6 else [name for name in topics if chance.random() < 0.5]
        values |= dict.fromkeys(kept, "yes")
        if wish < 0.3:
            values["pause"] = "30"
        elif wish < 0.6:
            values["frequency"] = "weekly" if chance.random() < 0.7 else "monthly"
        browser.submit(form, link, values, agent=agent)


def _answer(form: Form, name: str, chance: random.Random) -> str:
    if name in form.choices:
        return _one_of(form, name, chance)
    if name == "birthday":
        return f"{chance.randint(1950, 2005)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    if name in WORDS:
        return WORDS[name][int(chance.random() * len(WORDS[name]))]
    return str(chance.randint(1, 20) * 10)


def _one_of(form: Form, name: str, chance: random.Random) -> str:
    choices = form.choices[name]
    return choices[int(chance.random() * len(choices))]
