"""What an open or a click tells besides: place, device, reading time, shared pixels; and hits while nothing answers."""

import json
import random

from chalicelib import ids, settings
from chalicelib.aws.clients import client
from chalicelib.aws.services import services
from chalicelib.aws.table import shared_opens_key
from chalicelib.collect import jobs
from chalicelib.collect.places import visitor_address
from chalicelib.errors import BadToken
from chalicelib.ids import Purpose, Token
from tests.collect.conftest import HOME, MESSAGE, NOW, PROFILE
from tests.collect.test_tracker import CHROME, GMAIL, LINKS, is_the_pixel
from tests.conftest import SECRETS_JSON

EDGE = CHROME | {
    "CloudFront-Viewer-Country": "JP",
    "CloudFront-Viewer-Time-Zone": "Asia/Tokyo",
    "CloudFront-Viewer-City": "Shibuya",
    "CloudFront-Is-Mobile-Viewer": "true",
    "CloudFront-Is-Desktop-Viewer": "false",
}
PEER = "192.0.2.7"
KEYS = {1: b"0123456789abcdef0123456789abcdef0123456789abcdef"}


def test_opens_and_clicks_say_where_from_and_keep_no_address(web):
    tokens = web.send_message(LINKS)
    web.call("GET", f"/o/{tokens[Purpose.OPEN]}", EDGE)
    web.call("GET", f"/c/{tokens[Purpose.CLICK]}", EDGE)
    web.call("GET", f"/c/{tokens[Purpose.CLICK]}", CHROME)
    opened, *clicked = web.facts("Email Opened") + web.facts("Email Link Clicked")
    for fact in (opened, clicked[0] if clicked[0].country else clicked[1]):
        assert (fact.country, fact.time_zone, fact.device, fact.network) == ("JP", "Asia/Tokyo", "phone", "")
    assert {fact.device for fact in clicked} == {"phone", "desktop"}
    stored = json.dumps([item["body"] for item in web.cloud.events.scan().items])
    assert "192.0.2.7" not in stored
    assert "Shibuya" not in stored


def test_a_distribution_is_believed_about_its_visitors_once_it_has_proved_itself():
    def asked(**headers):
        return visitor_address(
            {name.replace("_", "-"): text for name, text in headers.items()}, PEER, "the-edges-secret"
        )

    shown = {"x_dripline_edge": "the-edges-secret"}
    assert asked(cloudfront_viewer_address="198.51.100.9:46532", **shown) == "198.51.100.9"
    assert asked(cloudfront_viewer_address="2001:db8::9:46532", **shown) == "2001:db8::9"
    for told in ("", "198.51.100.9", "nobody:1", "1.2.3.4.5:6", "é:1"):
        assert asked(cloudfront_viewer_address=told, **shown) == PEER
    for wrong in ({}, {"x_dripline_edge": ""}, {"x_dripline_edge": "the-edges-secre"}, {"x_dripline_edge": "é"}):
        assert asked(cloudfront_viewer_address="198.51.100.9:46532", **wrong) == PEER
    forged = {"x-dripline-edge": "", "cloudfront-viewer-address": "198.51.100.9:46532"}
    assert visitor_address(forged, PEER, "") == PEER, "no secret, nobody to believe"


def test_a_form_is_asked_for_and_sent_through_two_edges_of_the_distribution(web):
    values = json.loads(SECRETS_JSON) | {"edge_key": "the-edges-secret"}
    client("secretsmanager").put_secret_value(SecretId=settings.secrets_name(), SecretString=json.dumps(values))
    services().renew_secrets(NOW)
    edge = {"X-Dripline-Edge": "the-edges-secret", "CloudFront-Viewer-Address": "198.51.100.9:46532"}
    form = {"email": "bea@mail.example"} | web.stamp("signup", address="198.51.100.9")
    for number, headers in enumerate((edge | {"X-Dripline-Edge": "another"}, {}, edge)):
        assert web.facts("Signed Up") == []
        web.address = f"192.0.2.{number + 20}"
        web.post_form("/signup", form, **headers)
    assert len(web.facts("Signed Up")) == 1


def test_what_no_edge_would_say_is_left_out(web):
    tokens = web.send_message(LINKS)
    odd = {"CloudFront-Viewer-Country": "jp\r\nx", "CloudFront-Viewer-Time-Zone": "<script>", "User-Agent": "x" * 9_000}
    assert is_the_pixel(web.call("GET", f"/o/{tokens[Purpose.OPEN]}", odd))
    (fact,) = web.facts()
    assert (fact.country, fact.time_zone, fact.device) == ("", "", "")


def test_reading_time_is_told_once_a_mark_and_by_people_only(web):
    marks = [web.token(Purpose.READ, number) for number in range(4)]
    for token in (*marks, marks[1]):
        assert is_the_pixel(web.call("GET", f"/o/{token}.gif", CHROME))
    assert is_the_pixel(web.call("GET", f"/o/{web.token(Purpose.READ, 2, message_id='a' * 16)}.gif", GMAIL))
    read = sorted((fact.seconds, fact.depth) for fact in web.facts())
    assert read == [(0, "glanced"), (2, "skimmed"), (8, "read")]


def test_a_shared_pixel_counts_and_names_nobody(web, calls):
    shared = ids.definition_key("campaign:teaser")
    token = ids.sign_token(Token(Purpose.COUNT, shared, shared), web.cloud.secrets.link_keys)
    web.call("GET", f"/o/{token}.gif", CHROME)
    calls.made.clear()
    for number in range(9):
        answer = web.call("GET", f"/o/{token}.gif", CHROME, request_id=f"hit-{number}")
        assert is_the_pixel(answer)
    assert calls.made == ["UpdateItem"] * 9
    counted = list(web.cloud.catalog.query(shared_opens_key(shared, "", 0).pk))
    assert sum(item["opens"] for item in counted) == 10
    assert len(counted) > 1, "spread over several items"
    assert web.facts() == []


def waiting():
    queue = services().queue("late_facts")
    for message in queue.receive():
        queue.delete(message)
        yield json.loads(message.body)


def test_with_the_database_down_a_click_redirects_and_its_fact_comes_later_once(web, calls):
    tokens = web.send_message(LINKS)
    web.call("GET", f"/c/{tokens[Purpose.CLICK]}", CHROME, request_id="before")
    calls.failing[:] = ["*"]
    answer = web.call("GET", f"/c/{tokens[Purpose.CLICK]}", CHROME, request_id="during")
    expected = (302, f"{LINKS[0]}&dl_click={web.arrival()}")
    assert (answer.status, answer.headers["location"]) == expected, "this process remembers the message"
    stranger = web.token(Purpose.CLICK, message_id="b" * 16)
    assert web.call("GET", f"/c/{stranger}", CHROME).headers["location"] == HOME
    assert is_the_pixel(web.call("GET", f"/o/{tokens[Purpose.OPEN]}", CHROME))
    queued = list(waiting())
    assert [body["event"]["name"] for body in queued] == ["Email Link Clicked", "Email Link Clicked", "Email Opened"]
    calls.failing[:] = []
    for body in queued + queued:
        jobs.append_late_fact(web.cloud, body, NOW)
    assert len(web.facts()) == 4
    assert {fact.who["profile"] for fact in web.facts()} == {PROFILE}


def test_a_hundred_thousand_forged_tokens_are_none(record_property):
    dice = random.Random(11)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    good = {purpose: ids.sign_token(Token(purpose, PROFILE, MESSAGE, 3), KEYS) for purpose in Purpose}
    made = accepted = 0
    for purpose, token in good.items():
        for other in set(Purpose) - {purpose}:
            made += 1
            accepted += reads(token, other)
    while made < 100_000:
        token = good[dice.choice(list(Purpose))]
        if made % 2:
            place = dice.randrange(52)
            flipped = alphabet[alphabet.index(token[place]) ^ (1 << dice.randrange(6))]
            token = token[:place] + flipped + token[place + 1 :]
        else:
            token = "".join(dice.choices(alphabet, k=52))
        made += 1
        accepted += reads(token, tuple(Purpose)) and token not in good.values()
    assert accepted == 0
    record_property("promise", f"P24: of {made:,} random, changed and misused tokens {accepted} accepted")


def reads(token, purpose):
    try:
        ids.read_token(token, purpose, KEYS)
    except BadToken:
        return False
    return True
