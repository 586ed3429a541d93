"""The snippet as browsers get it, and what it does in a real one: a shopper's story, consent, and lost connections."""

import gzip
import re

import pytest

from chalicelib.collect import snippet
from tests.collect.chromium import AGREED, START, Api, Shop, Visitor, needs_chromium, wait_for_answers

KETTLE = {"product_id": "1041", "name": "Kettle", "category": "Kitchen", "price": 49.5, "currency": "EUR"}


def test_it_is_small_and_needs_nothing_newer_than_2018(record_property):
    served = snippet.script()
    assert len(served.zipped) < 2048
    assert gzip.decompress(served.zipped) == served.plain
    assert len(served.plain) < len(snippet.SOURCE.read_bytes()) / 1.5
    newer = re.findall(rb"\?\.|\?\?|\bcatch\s*\{|\bimport\b|\bfromEntries\b|\.flat\(|#[a-z]", served.plain)
    assert newer == []
    record_property("promise", f"C3: the snippet is {len(served.zipped)} bytes compressed, of 2,048")


def test_every_name_that_is_cut_is_one_of_the_scripts_own():
    source = snippet.SOURCE.read_text()
    for name in snippet.RENAMED.values():
        assert re.search(rf"(?:const|let|function|,|\() ?\(?{name}\b", source), name
    assert not re.findall(r"\b[A-Z]\b", re.sub(r'"[^"]*"|//[^\n]*', "", source))


def test_what_is_left_out_is_not_needed():
    source = 'const page = { a: "// no { comment }", b: /x\\/[^/]*$/, }; // gone\nif (page) held = [...held, page];\n'
    assert snippet.minify(source) == 'const page={a:"// no { comment }",b:/x\\/[^/]*$/};if(page)J=[...J,page];'


def test_it_is_served_compressed_and_once(web):
    got = web.call("GET", "/dripline.js", {"Accept-Encoding": "br, gzip"})
    assert (got.status, got.headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(got.body) == snippet.script().plain
    assert got.headers["content-type"].startswith("text/javascript")
    assert "max-age=3600" in got.headers["cache-control"]
    again = web.call("GET", "/dripline.js", {"If-None-Match": got.headers["etag"], "Accept": "text/html"})
    assert (again.status, again.body) == (304, b"")
    plain = web.call("GET", "/dripline.js", {})
    assert (plain.body, plain.headers.get("content-encoding")) == (snippet.script().plain, None)
    assert web.call("HEAD", "/dripline.js", {"If-None-Match": '"another"'}).status == 200


@pytest.fixture
def visitor(chromium):
    api = Api()
    shop = Shop(api)
    context = chromium.new_context(locale="de-DE", timezone_id="Europe/Berlin")
    found = Visitor(context, shop, api)
    yield found
    context.close()
    shop.close()
    api.close()
    assert found.faults == []


@needs_chromium
def test_a_shopper_browses_searches_fills_the_cart_and_leaves(visitor):
    visitor.stop_the_clock()
    visitor.open("/kitchen/kettle?utm_source=dripline&utm_campaign=flow:welcome&token=secret")
    visitor.tell("product", KETTLE)
    visitor.tell("list", {"category": "Kitchen"})
    visitor.tell("search", "copper kettle")
    visitor.tell("add", {**KETTLE, "quantity": 2})
    visitor.tell("remove", {**KETTLE, "quantity": 1})
    visitor.tell("wish", KETTLE)
    visitor.tell("unwish", {"product_id": "1041"})
    visitor.tell("track", "Quiz Finished", {"score": "7"})
    visitor.page.clock.run_for(12_000)
    visitor.wait_for(10)
    visitor.leave()
    visitor.wait_for(11)

    assert visitor.api.names() == [
        "Visit Started", "page", "Product Viewed", "Product List Viewed", "Products Searched", "Product Added",
        "Product Removed", "Product Added to Wishlist", "Product Removed from Wishlist", "Quiz Finished", "Page Left",
    ]  # fmt: skip
    first = visitor.api.posts[0]
    assert first["writeKey"] == "pub_shop"
    assert first["kind"].startswith("text/plain")
    assert first["cookies"] is None
    assert first["context"] == {"timezone": "Europe/Berlin", "locale": "de-DE"}
    visit = visitor.api.of("Visit Started")[0]["properties"]
    assert (visit["utm_source"], visit["utm_campaign"], visit["device"]) == ("dripline", "flow:welcome", "desktop")
    page = visitor.api.of("page")[0]["properties"]
    assert page == {"visit_id": visit["visit_id"], "path": "/kitchen/kettle", "title": "Kettle & co"}
    assert visitor.api.of("Product Added")[0]["properties"] == {**KETTLE, "quantity": 2, "visit_id": visit["visit_id"]}
    assert visitor.api.of("Products Searched")[0]["properties"]["query"] == "copper kettle"
    left = visitor.api.of("Page Left")[0]["properties"]
    assert (left["seconds"], left["path"], left["product_id"]) == (12, "/kitchen/kettle", "1041")
    assert len({message["anonymousId"] for message in visitor.api.messages()}) == 1
    assert len({message["messageId"] for message in visitor.api.messages()}) == 11
    assert "secret" not in str(visitor.api.posts)


@needs_chromium
def test_only_the_time_in_which_the_page_can_be_seen_counts(visitor):
    visitor.stop_the_clock()
    visitor.open()
    visitor.page.evaluate("""() => {
        let state = "visible";
        Object.defineProperty(document, "visibilityState", {get: () => state});
        window.show = now => { state = now; document.dispatchEvent(new Event("visibilitychange", {bubbles: true})) };
    }""")
    visitor.page.clock.run_for(5_000)
    visitor.page.evaluate("show('hidden')")
    visitor.page.clock.run_for(600_000)
    visitor.page.evaluate("show('visible')")
    visitor.page.clock.run_for(7_000)
    visitor.leave()
    visitor.wait_for(4)
    assert [left["properties"]["seconds"] for left in visitor.api.of("Page Left")] == [5, 7]


@needs_chromium
def test_half_an_hour_without_a_sign_or_a_new_campaign_begins_another_visit(visitor):
    visitor.stop_the_clock()
    visitor.open("/?utm_campaign=a")
    visitor.pass_time(29 * 60)
    visitor.tell("search", "still here")
    visitor.pass_time(31 * 60)
    visitor.tell("search", "back again")
    visitor.pass_time(2)
    visitor.wait_for(5)
    visitor.open("/?utm_campaign=a")
    visitor.open("/?utm_campaign=b")
    visitor.pass_time(2)
    visitor.wait_for(9)
    visits = [each["properties"]["visit_id"] for each in visitor.api.of("Visit Started")]
    assert len(set(visits)) == len(visits) == 3
    searched = [each["properties"]["visit_id"] for each in visitor.api.of("Products Searched")]
    assert searched == visits[:2]


@needs_chromium
def test_calls_made_before_the_script_is_there_are_kept_in_order(visitor):
    visitor.open("/", calls="dripline('search', 'early');" + AGREED + "dripline('wish', {product_id: '9'});")
    visitor.wait_for(4)
    assert visitor.api.names() == ["Visit Started", "Products Searched", "page", "Product Added to Wishlist"]


@needs_chromium
def test_identify_tells_the_address_and_another_person_is_another_visitor(visitor):
    visitor.open()
    visitor.tell("identify", "Ann@mail.example", {"first_name": "Ann"})
    visitor.tell("identify", "ann@mail.example")
    visitor.tell("identify", "bob@mail.example")
    visitor.wait_for(5)
    told = visitor.api.of("identify")
    assert told[0]["traits"] == {"first_name": "Ann", "email": "Ann@mail.example"}
    assert told[0]["anonymousId"] == told[1]["anonymousId"] != told[2]["anonymousId"]
    assert "mail.example" not in visitor.page.evaluate("localStorage.dripline")
    visitor.tell("reset")
    visitor.tell("search", "anonymous again")
    visitor.wait_for(7)
    assert visitor.api.of("Products Searched")[0]["anonymousId"] not in {each["anonymousId"] for each in told}


@needs_chromium
def test_without_consent_nothing_is_sent_or_stored_and_what_was_seen_is_told_once_it_is_given(visitor):
    visitor.open(calls=START)
    visitor.tell("search", "before the banner")
    visitor.page.wait_for_timeout(1_300)
    assert (visitor.api.posts, visitor.kept) == ([], [])
    visitor.tell("consent", True)
    visitor.wait_for(3)
    assert visitor.api.names() == ["Visit Started", "page", "Products Searched"]
    assert visitor.kept == ["dripline"]
    visitor.open("/next", calls=START)  # remembered
    visitor.wait_for(4)

    visitor.tell("consent", False)
    told = len(visitor.api.messages())
    visitor.tell("search", "after the refusal")
    assert visitor.kept == []
    visitor.tell("consent", True)
    visitor.tell("search", "after all")
    visitor.wait_for(told + 2)
    assert "after the refusal" not in str(visitor.api.posts)


@needs_chromium
def test_a_no_is_kept_across_pages_by_keeping_nothing(visitor):
    visitor.open(calls="dripline('start', 'pub_shop', {consent: false}); dripline('search', 'x')")
    visitor.page.wait_for_timeout(1_300)
    visitor.leave()
    assert visitor.api.posts == []


@needs_chromium
def test_global_privacy_control_is_a_no_that_nothing_overrules(visitor):
    visitor.open()
    visitor.wait_for(2)
    visitor.leave()
    visitor.wait_for(3)
    visitor.api.posts.clear()
    visitor.context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})")
    visitor.open("/next")
    assert visitor.kept == []
    visitor.tell("consent", True)
    visitor.tell("identify", "ann@mail.example")
    visitor.tell("add", KETTLE)
    visitor.page.wait_for_timeout(1_300)
    assert visitor.kept == []
    visitor.leave()
    assert visitor.api.posts == []


@needs_chromium
def test_what_is_noted_offline_is_delivered_once_when_the_connection_is_back(visitor):
    visitor.open()
    wait_for_answers(visitor.page)
    visitor.context.set_offline(True)
    with visitor.page.expect_event("requestfailed"):
        visitor.tell("add", KETTLE)
    assert len(visitor.api.messages()) == 2
    visitor.context.set_offline(False)
    visitor.wait_for(3)
    wait_for_answers(visitor.page)
    visitor.open("/next")
    visitor.wait_for(5)
    wait_for_answers(visitor.page)
    assert len(visitor.api.arrivals()) == len(visitor.api.messages()) == 5
    assert visitor.api.names().count("Product Added") == 1


@needs_chromium
def test_what_the_api_could_not_take_is_kept_for_the_next_page_and_what_it_refuses_is_not(visitor):
    visitor.api.status = 503
    visitor.open()
    with visitor.page.expect_response(lambda answer: answer.status == 503):
        visitor.tell("add", KETTLE)
    visitor.leave()  # no beacon is risked while the API fails
    visitor.api.status = 200
    visitor.open("/next")
    visitor.wait_for(4)
    assert visitor.api.names()[:4] == ["Visit Started", "page", "Product Added", "Page Left"]
    visitor.api.status = 400
    visitor.tell("search", "refused")
    wait_for_answers(visitor.page)


@needs_chromium
def test_the_queue_has_a_cap_and_no_message_is_huge(visitor):
    visitor.stop_the_clock()
    visitor.open()
    visitor.tell("track", "Huge", {"words": "x" * 9_000})
    visitor.page.evaluate("for (let n = 0; n < 130; n++) dripline('search', 'n' + n)")
    queue = visitor.page.evaluate("JSON.parse(localStorage.dripline).queue")
    assert len(queue) == 100
    assert queue[-1]["properties"]["query"] == "n129"
    for left in (80, 60, 40, 20, 0):
        visitor.page.clock.run_for(1_000)
        wait_for_answers(visitor.page, left)
    assert visitor.api.names().count("Products Searched") == 100
    assert max(len(post["batch"]) for post in visitor.api.posts) == 20


@needs_chromium
def test_without_storage_it_works_for_the_page_and_never_breaks_it(visitor):
    visitor.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get: () => { throw new Error('blocked') }})"
    )
    visitor.open()
    for call in (["add", KETTLE], ["identify"], ["nothing such"], ["product", None], []):
        visitor.tell(*call)
    visitor.page.evaluate("const loop = {}; loop.loop = loop; dripline('add', loop)")
    visitor.wait_for(3)
    assert visitor.api.names()[:3] == ["Visit Started", "page", "Product Added"]
