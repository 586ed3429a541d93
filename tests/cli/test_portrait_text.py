"""What an operator reads of a customer's consent: who told it and how, each said once."""

from cli import portrait_text
from tests.cli.test_portrait_insights import CHINESE, ENGLISH


def consented(words, source, how, wording="", state="subscribed"):
    consent = {"state": state, "since": "2026-11-23T09:00:00Z", "proof": "e1", "wording": wording}
    return portrait_text.consented(consent | {"source": source, "how": how}, words)


def test_consent_says_how_it_was_told_where_that_is_more_than_its_source():
    at = "subscribed; since 2026-11-23 09:00 UTC"
    assert consented(ENGLISH, "import", "imported_yes", "import") == f"{at}; told by an import; proof e1"
    assert "导入；凭证" in consented(CHINESE, "import", "imported_yes", "import")
    assert consented(ENGLISH, "store", "told_yes") == f"{at}; told by the store; proof e1"
    gone = "unsubscribed; since 2026-11-23 09:00 UTC"
    assert consented(ENGLISH, "import", "recorded", "import", "unsubscribed") == f"{gone}; told by an import; proof e1"
    left = consented(ENGLISH, "email", "one_click", state="unsubscribed")
    assert left == f"{gone}; told by a mail; by the mail program's button; proof e1"
    assert "in the words “v3”" in consented(ENGLISH, "pages", "signed_up", "v3")
