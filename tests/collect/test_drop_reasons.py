"""What arrives and becomes no fact is called by its own reason, and counted where that costs nothing."""

import json

import pytest

from chalicelib.collect import intake
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.ids import Purpose
from chalicelib.profile import fold, suppression
from tests.collect.conftest import HOME, NOW, sign_base64

FORM = {"content-type": "application/x-www-form-urlencoded"}


def delivery(source, body, headers=None):
    return Delivery(source=source, headers=headers or {}, body=body, secrets=[b"woo-secret"], now=NOW)


@pytest.mark.parametrize(
    ("given", "reason", "status"),
    [
        (delivery("shopify", b"x" * (intake.BODY_LIMIT + 1)), DropReason.TOO_LARGE, 413),
        (delivery("nobody", b"{}"), DropReason.UNKNOWN_SOURCE, 404),
        (delivery("woocommerce", b"webhook_id=5", FORM), DropReason.PING, 200),
        (delivery("woocommerce", b"webhook_id=5&a=1", FORM), DropReason.BAD_SIGNATURE, 401),
    ],
)
def test_a_delivery_is_refused_for_what_is_first_wrong_with_it(cloud, given, reason, status):
    assert intake.read(given) is reason
    assert intake.take(cloud, given) == intake.Taken(status, reason)
    assert list(cloud.data.list("quarantine/")) == []


def test_the_largest_body_is_judged_by_its_signature_and_not_by_its_size():
    body = b" " * (intake.BODY_LIMIT - 2) + b"{}"
    headers = {"x-wc-webhook-signature": sign_base64(body, "woo-secret"), "x-wc-webhook-topic": "order.created"}
    assert intake.read(delivery("woocommerce", body, headers)) not in (DropReason.TOO_LARGE, DropReason.BAD_SIGNATURE)


def test_a_ping_is_expected_and_so_not_counted(web):
    assert web.call("POST", "/webhooks/woocommerce", FORM, b"webhook_id=5").status == 200
    assert web.drops() == {}


def test_a_body_that_is_not_base64_is_counted_as_broken_encoding(web):
    answer = web.answer(
        {
            "requestContext": {"httpMethod": "POST", "resourcePath": "/webhooks/{source}"},
            "headers": None,
            "pathParameters": {"source": "shopify"},
            "multiValueQueryStringParameters": None,
            "stageVariables": None,
            "body": "not base64!",
            "isBase64Encoded": True,
        }
    )
    assert answer.status == 400
    assert web.drops() == {"broken_encoding": 1}


def test_a_token_nobody_here_signed_leads_home_and_is_counted_without_a_write(web, calls, capsys):
    web.token(Purpose.CLICK)
    calls.made.clear()
    answer = web.call("GET", "/c/forged-token")
    assert (answer.status, answer.headers["location"].rstrip("/")) == (302, HOME)
    assert calls.made == []
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [each["reason"] for each in metrics if "dropped" in each] == ["bad_token"]


def test_what_the_fold_refuses_or_ignores_is_called_by_words_of_this_list():
    assert DropReason.ERASED == suppression.DROPPED
    assert fold.Outcome.STALE.value == DropReason.STALE
