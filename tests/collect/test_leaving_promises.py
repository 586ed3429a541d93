"""What is promised of leaving, counted: at once and by one click, never by a look, never for want of a reason."""

from datetime import timedelta

from chalicelib import ids
from chalicelib.deliver.gate import SkipReason, gate
from chalicelib.events import SubscriptionConfirmed
from chalicelib.ids import Purpose
from chalicelib.profile import jobs, store
from tests.collect.conftest import NOW
from tests.deliver.people import default_bundle, message_to

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"Content-Type": "multipart/form-data; boundary=b", "Cookie": "a=b"}
ONE_CLICK = b"List-Unsubscribe=One-Click"
IN_PARTS = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
WAYS = {
    "urlencoded": lambda web, link: web.call("POST", link, FORM, ONE_CLICK),
    "multipart": lambda web, link: web.call("POST", link, PARTS, IN_PARTS),
    "the page's button": lambda web, link: web.post_form(link, {"action": "unsubscribe"}),
    "the button, then an empty answer": lambda web, link: (
        web.post_form(link, {"action": "unsubscribe"}),
        web.post_form(link, {"action": "reason", "reason": ""}),
    )[0],
}


def subscribe(web, name):
    at = NOW - timedelta(days=3)
    stem = {"occurred_at": at, "received_at": at, "source": "test", "who": {"email": f"{name}@mail.example"}}
    confirmed = SubscriptionConfirmed(id=f"c-{name}", channel="email", wording="signup-2026-11", **stem)
    jobs.fold_now(web.cloud, [confirmed], NOW)
    return ids.identity_key("email", f"{name}@mail.example")


def may_be_sent(web, pid):
    customer = store.load(web.cloud, pid)
    return gate(message_to(pid, "black_friday"), customer, default_bundle(), NOW)


def test_one_click_leaves_at_once_and_a_look_changes_nothing(web, record_property):
    looks = sends_after = left = facts = blocked = 0
    for number, (way, leave) in enumerate(WAYS.items()):
        pid = subscribe(web, f"c{number}")
        link = f"/u/{web.token(Purpose.UNSUBSCRIBE, profile_id=pid)}"
        for method in ("GET", "GET"):
            web.call(method, link, {"User-Agent": "scanner"})
            looks += store.load(web.cloud, pid).consent_of("email").state != "subscribed"
        assert web.post_form(link, {"other": "field"}).status == 200, "not One-Click: the page asks"
        assert may_be_sent(web, pid) is None
        assert [leave(web, link).status for _ in range(2)] == [200, 200], way
        gone = store.load(web.cloud, pid).consent_of("email").state == "unsubscribed"
        left, blocked = left + gone, blocked + (not gone)
        sends_after += may_be_sent(web, pid) is not SkipReason.NO_CONSENT
    facts = len(web.facts("Unsubscribed"))
    assert (looks, sends_after, left, facts, blocked) == (0, 0, len(WAYS), len(WAYS), 0)
    record_property(
        "promise",
        f"P13: {left} of {len(WAYS)} ways to leave work in one post, {facts} facts for {2 * len(WAYS)} posts, "
        f"{looks} changes by GET, {sends_after} sends allowed afterwards",
    )
    record_property("promise", f"P15: {blocked} of {len(WAYS)} unsubscribes blocked by a missing reason")
