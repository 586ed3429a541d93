"""The demo, tiny: the same seed tells the same story, as valid JSON on standard output."""

import contextlib
import io
import json
import os
import subprocess
import sys

import pytest

from cli.commands import demo
from cli.demo import prompt, report
from cli.local import resources

SIGNALS = {
    *("Visit Started", "Page Viewed", "Page Left", "Product Viewed", "Product Added", "Product Added to Wishlist"),
    *("Cart Updated", "Checkout Started", "Signed Up", "Order Created", "Order Completed", "Order Refunded"),
    *("Inquiry Opened", "Complaint Opened", "Product Returned", "Product Reviewed"),
    *("Message Sent", "Email Delivered", "Email Opened", "Unsubscribed", "Consent Recorded"),
}


def test_the_same_seed_gives_the_same_counts(record_property):
    command = [sys.executable, "-m", "cli.main", "demo", "--headless", "--json", "--customers", "10", "--days", "5"]
    command += ["--then", "dripline segment preview rfm_champions --json", "--then", "segment preview 'x"]
    # Two at once and with other hash seeds: no number may hang on the order of a set or on the clock on the wall.
    running = [
        subprocess.Popen(
            command,
            cwd=resources.ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for seed in ("1", "2")
    ]
    told = []
    for process in running:
        out, err = process.communicate()
        assert process.returncode == 0, err.decode()
        counts, preview, mistake = out.decode().splitlines()
        told.append(json.loads(counts))
        # What is typed at a demo is carried out on its store, mistakes and all.
        nobody = json.loads(preview)["conditions"]["rfm: champions"]
        assert (nobody["size"], nobody["untold"], nobody["why"][0]) == (0, nobody["asked"], "too_few_buyers")
        assert mistake == "Error: No closing quotation"
        assert told[-1].pop("durations")
    assert told[0] == told[1]
    assert told[0]["customers_drawn"] == 10
    assert told[0]["events"]["Order Completed"] > 0
    assert sum(told[0]["messages"].values()) > 0
    assert told[0]["drops"]["bad_signature"] > 0
    assert told[0]["dead_letters"] == {}
    # Every kind of signal arrives, however small the store.
    assert set(told[0]["events"]) >= SIGNALS
    # Each default segment is told with its size, and an empty one with the conditions that nobody meets.
    segments = told[0]["segments"]
    assert segments["repeat_buyers"]["size"] > 0
    assert "Among the best fifth by spending" in segments["vip"]["nobody"]
    assert all(("nobody" in of) == (of["size"] == 0) for of in segments.values())
    sent = told[0]["consent"]["marketing_mails"]
    assert told[0]["consent"]["proven"] == sent > 0
    record_property("promise", f"P29: {sent} marketing mails of a demo, {sent} with their consent on record")
    assert told[0]["privacy"]["requests"] == {"customers/data_request done": 1, "customers/redact done": 1}
    assert told[0]["privacy"]["proofs"] == 1
    assert told[0]["privacy"]["removed"]["events"] > 0


def test_segments_of_nobody_are_told_in_words_and_those_alike_once():
    few = "it cannot be told of 72 of 72: groups need 500 buyers"
    unmet = {
        "at_risk_vip": {},
        "cart_left": {"Hours since the cart last changed: at least 1": "it cannot be told of 72 of 72"},
        "rfm_champions": {"Group: Champions": few},
        "men": {"Gender: male": "it cannot be told of 72 of 72"},
        "rfm_rising": {"Group: Loyal": few, "Group before the present one: Recent": few},
        "spenders": {"Spent in all: at least 900 USD": ""},
    }
    assert list(report._empty(unmet)) == [
        "       0  at_risk_vip",
        "          each condition alone is met by somebody, all of them by nobody",
        "       0  cart_left",
        "          nobody meets: Hours since the cart last changed: at least 1; it cannot be told of 72 of 72",
        "       0  rfm_champions, rfm_rising",
        f"          nobody meets what they ask; {few}",
        "       0  men",
        "          nobody meets: Gender: male; it cannot be told of 72 of 72",
        "       0  spenders",
        "          nobody meets: Spent in all: at least 900 USD",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_person_who_watches_sees_bars_and_log_lines_and_no_metrics():
    screen = Terminal()
    printed = contextlib.redirect_stdout(demo.Telemetry())
    with contextlib.redirect_stderr(screen), printed, demo.watched(as_json=False) as on_progress:
        on_progress("live the last weeks", 0.5)
        print('{"_aws": {"CloudWatchMetrics": []}, "MessageHandled": [1.0]}')
        print('{"message": "a webhook was refused"}')
    seen = screen.getvalue()
    assert "live the last weeks" in seen
    assert "a webhook was refused" in seen
    assert "MessageHandled" not in seen


@pytest.mark.parametrize("word", ["exit", "quit"])
def test_the_prompt_ends_when_told_to(word):
    out = io.StringIO()
    prompt.ask(None, io.StringIO(f"\n {word} \nsegment list\n"), out)  # type: ignore[arg-type]
    assert out.getvalue() == prompt.SIGN * 2
