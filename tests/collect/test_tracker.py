"""Opens and clicks: always an answer, one small write, and no way to be sent elsewhere."""

import json
import random
from urllib.parse import urlsplit

from chalicelib.ids import Purpose
from tests.collect.conftest import HOME, MATERIAL, MESSAGE, PROFILE, needs_material

CHROME = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"}
GMAIL = {"User-Agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"}
LINKS = [
    "https://shop.example/pay/1?utm_source=dripline",
    "http://shop.example/",
    "javascript:alert(1)",
    "https:evil.example",
    "https://shop.example/kettle#reviews",
    "https://shop.example/?#a?b&c",
]


def is_the_pixel(answer):
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/gif"
    assert "no-store" in answer.headers["cache-control"]
    assert (len(answer.body), answer.body[:6]) == (43, b"GIF89a")
    return True


def test_the_pixel_is_answered_under_every_accept(web):
    token = web.send_message()[Purpose.OPEN]
    accepts = [
        None,
        "",
        "*/*",
        "image/*",
        "image/gif",
        "image/webp,*/*;q=0.8",
        "image/avif,image/webp,image/png",
        "text/html",
        "x",
    ]
    for number, accept in enumerate(accepts):
        headers = CHROME if accept is None else CHROME | {"Accept": accept}
        assert is_the_pixel(web.call("GET", f"/o/{token}{'.gif' * (number % 2)}", headers, b""))
    assert is_the_pixel(web.call("GET", f"/o/{token}", None, b""))
    assert len(web.facts("Email Opened")) == len(accepts) + 1


def test_an_open_is_one_write_told_once_and_labelled(web, calls):
    token = web.send_message()[Purpose.OPEN]
    web.call("GET", f"/o/{token}", CHROME)
    calls.made.clear()
    web.call("GET", f"/o/{token}.gif", CHROME, request_id="same")
    assert calls.made == ["PutItem"]
    web.call("GET", f"/o/{token}.gif", CHROME, request_id="same")
    web.call("GET", f"/o/{token}", GMAIL)
    assert is_the_pixel(web.call("HEAD", f"/o/{token}", CHROME))
    opened = web.facts("Email Opened")
    assert sorted(fact.agent for fact in opened) == ["person", "person", "proxy"]
    assert {(fact.message_id, fact.who["profile"]) for fact in opened} == {(MESSAGE, PROFILE)}


def test_a_click_leads_to_the_stored_link_and_is_logged(web):
    web.send_message(LINKS, definition="flow:unpaid_order")
    answer = web.call("GET", f"/c/{web.token(Purpose.CLICK)}", CHROME)
    assert (answer.status, answer.headers["location"]) == (302, f"{LINKS[0]}&dl_click={web.arrival()}")
    assert "no-store" in answer.headers["cache-control"]
    (clicked,) = web.facts()
    assert (clicked.name, clicked.link, clicked.agent, clicked.definition) == (
        "Email Link Clicked",
        0,
        "person",
        "flow:unpaid_order",
    )
    head = web.call("HEAD", f"/c/{web.token(Purpose.CLICK)}", CHROME)
    scanner = web.call("GET", f"/c/{web.token(Purpose.CLICK)}", {"User-Agent": "curl/8"})
    assert (head.status, head.headers) == (scanner.status, scanner.headers) == (answer.status, answer.headers)
    assert [fact.agent for fact in web.facts()] in (["person", "scanner"], ["scanner", "person"])


def test_the_token_of_an_arrival_keeps_the_query_and_the_fragment_and_is_good_for_nothing_here(web, calls):
    web.send_message(LINKS)
    arrival = web.arrival()
    for link, expected in (
        (1, f"http://shop.example/?dl_click={arrival}"),
        (4, f"https://shop.example/kettle?dl_click={arrival}#reviews"),
        (5, f"https://shop.example/?&dl_click={arrival}#a?b&c"),
    ):
        assert web.call("GET", f"/c/{web.token(Purpose.CLICK, link)}", CHROME).headers["location"] == expected
    calls.made.clear()
    assert web.call("GET", f"/c/{arrival}", CHROME).headers["location"] == HOME
    assert is_the_pixel(web.call("GET", f"/o/{arrival}", CHROME))
    for path in ("u", "confirm", "p", "survey"):
        assert web.post_form(f"/{path}/{arrival}", {"List-Unsubscribe": "One-Click", "action": "confirm"}).status == 404
    assert calls.made == []


def test_a_link_that_is_not_there_leads_home(web):
    web.send_message(LINKS)
    for link in (2, 3, 6, 255):
        answer = web.call("GET", f"/c/{web.token(Purpose.CLICK, link)}", CHROME)
        assert (answer.status, answer.headers["location"]) == (302, HOME)
    unknown = web.token(Purpose.CLICK, message_id="neverwasneverwas"[:16].replace("w", "x"))
    assert web.call("GET", f"/c/{unknown}", CHROME).headers["location"] == HOME
    assert web.facts() == []


def test_with_the_database_down_readers_notice_nothing(web, calls):
    tokens = web.send_message(LINKS)
    web.call("GET", f"/o/{tokens[Purpose.OPEN]}", CHROME)
    calls.failing[:] = ["*"]
    assert is_the_pixel(web.call("GET", f"/o/{tokens[Purpose.OPEN]}", CHROME))
    answer = web.call("GET", f"/c/{tokens[Purpose.CLICK]}", CHROME)
    assert (answer.status, answer.headers["location"]) == (302, HOME)
    calls.failing[:] = ["PutItem"]
    answer = web.call("GET", f"/c/{tokens[Purpose.CLICK]}", CHROME)
    assert (answer.status, answer.headers["location"]) == (302, f"{LINKS[0]}&dl_click={web.arrival()}")


def test_no_forged_token_is_accepted(web, calls, record_property):
    tokens = web.send_message(LINKS)
    dice = random.Random(7)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    forged = ["", "x" * 10_000, tokens[Purpose.OPEN][:-1], tokens[Purpose.OPEN] + "A", "%00", "..", "é" * 52]
    forged += ["".join(dice.choices(alphabet, k=52)) for _ in range(200)]
    for token in list(tokens.values()):
        for _ in range(60):
            place, letter = dice.randrange(52), dice.choice(alphabet)
            if token[place] != letter:
                forged.append(token[:place] + letter + token[place + 1 :])
    web.call("GET", f"/o/{tokens[Purpose.CLICK]}", CHROME)
    calls.made.clear()
    for token in forged:
        assert is_the_pixel(web.call("GET", f"/o/{token}", CHROME))
        answer = web.call("GET", f"/c/{token}", CHROME)
        assert (answer.status, answer.headers["location"]) == (302, HOME)
        assert (
            web.call("POST", f"/u/{token}", {"Content-Type": "text/plain"}, b"List-Unsubscribe=One-Click").status == 404
        )
    for purpose, path in (
        (Purpose.CLICK, "o"),
        (Purpose.OPEN, "u"),
        (Purpose.UNSUBSCRIBE, "confirm"),
        (Purpose.CONFIRM, "u"),
    ):
        web.post_form(f"/{path}/{tokens[purpose]}", {"List-Unsubscribe": "One-Click", "action": "confirm"})
    assert calls.made == []
    assert web.facts() == []
    record_property("promise", f"P24: of {len(forged)} forged tokens on three routes 0 accepted, 0 writes")


@needs_material
def test_no_parameter_moves_the_location_or_splits_a_header(web, record_property):
    web.send_message(LINKS)
    hostile = (MATERIAL / "hostile" / "CRLF_Injection_Files_crlfinjection.txt").read_text().splitlines()
    hostile += json.loads((MATERIAL / "hostile" / "blns.json").read_text())[::5]
    hostile += [
        "//evil.example",
        "https:evil.example",
        "\\\\evil.example",
        "%0d%0aSet-Cookie:a=b",
        "\r\nSet-Cookie: a=b",
    ]
    foreign = splits = made = 0
    token = web.token(Purpose.CLICK)
    for text in hostile:
        raw = text.replace("?", "%3F")
        for path, headers in (
            (f"/c/{raw}", CHROME),
            (f"/c/{token}{raw}", CHROME),
            (f"/c/{token}?url={raw}&next={raw}", CHROME),
            (f"/c/{token}", {"User-Agent": text, "Host": text, "X-Forwarded-Host": text, "Referer": text}),
            (f"/signup?lang={raw}", {"Accept-Language": text}),
            (f"/u/{raw}", {"Accept-Language": text}),
        ):
            answer = web.call("GET", path, headers)
            made += 1
            location = answer.headers.get("location", HOME)
            foreign += urlsplit(location).hostname != "shop.example"
            splits += any(
                "\r" in value or "\n" in value or "set-cookie" in name for name, value in answer.headers.items()
            )
            assert answer.status < 500
    assert (foreign, splits) == (0, 0)
    said = f"{foreign} foreign locations, {splits} header splits in {made:,} requests of {len(hostile)} payloads"
    record_property("promise", f"P23: {said}")
