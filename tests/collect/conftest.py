"""The deployed app over moto, spoken to in API Gateway's own events."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode

import pytest
from ruamel.yaml import YAML

import app as wiring
from chalicelib import clock, events, ids
from chalicelib.aws.services import services
from chalicelib.aws.table import drops_key, message_key
from chalicelib.collect import guard
from chalicelib.ids import Purpose, Token
from chalicelib.playbook import bundle

ROOT = Path(__file__).resolve().parents[2]
MATERIAL = ROOT.parent / "shared" / "material"
PLAYBOOK = ROOT / "chalicelib" / "playbook"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOME = "https://shop.example"
LANGUAGES = ("en", "zh-CN", "de", "fr", "es", "ja")
PROFILE, MESSAGE = ids.identity_key("email", "ann@mail.example"), "message234567abc"

needs_material = pytest.mark.skipif(not MATERIAL.is_dir(), reason="the third-party cases are not at ../shared/material")


def sign_base64(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def sign_generic(body: bytes, secret: str, at: datetime) -> str:
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={hmac.new(secret.encode(), stamp.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def shopify_headers(body: bytes, topic: str, secret: str = "shopify-secret") -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "aurora.myshopify.com",
        "X-Shopify-Hmac-SHA256": sign_base64(body, secret),
    }


def woo_headers(body: bytes, topic: str, secret: str = "woo-secret") -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Delivery-ID": "263d29b68d77a67d6122c54b6c48cbc4",
        "X-WC-Webhook-Signature": sign_base64(body, secret),
    }


def playbook() -> dict:
    """The default playbook as the routes know it; the caller's own, to change."""
    return json.loads(_playbook())


@cache
def _playbook() -> bytes:
    def read(name: str) -> dict:
        return YAML(typ="safe").load((PLAYBOOK / name).read_text(encoding="utf-8"))

    bundled = {
        "version": "test",
        "settings": read("dripline.yaml"),
        "segments": {},
        "flows": {},
        "campaigns": {},
        "templates": {},
        "pages": {language: _pages(read(f"strings/{language}.yaml")) for language in LANGUAGES},
        "sources": {"generic": read("sources/generic.yaml")},
        "surveys": {"about_you": read("surveys/about_you.yaml")},
    }
    return json.dumps(bundled).encode()


def _pages(strings: dict) -> dict:
    return strings["pages"] | {"formats": strings["formats"]}


class Web:
    """The routes as Lambda runs them: an event of API Gateway's in, the answer's parts out."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.app = wiring.app  # a blueprint can be registered only once in a process
        self.hits = 0
        self.address = "192.0.2.7"

    def call(self, method, path, headers=None, body=b"", *, encoded=True, request_id=""):
        path, _, query = path.partition("?")
        first, _, rest = path.lstrip("/").partition("/")
        signed = dict.fromkeys(("o", "c", "u", "confirm", "p", "survey"), "token")
        parameters = {"webhooks": "source", "v1": "call"} | signed
        name = parameters.get(first)
        self.hits += 1
        pairs = parse_qsl(query)
        event = {
            "requestContext": {
                "httpMethod": method,
                "resourcePath": f"/{first}/{{{name}}}" if name else f"/{first}",
                "requestId": request_id or f"request-{self.hits}",
                "identity": {"sourceIp": self.address},
            },
            "headers": headers,
            "pathParameters": {name: rest} if name else None,
            "multiValueQueryStringParameters": {key: [value] for key, value in pairs} or None,
            "stageVariables": None,
            "body": base64.b64encode(body).decode() if encoded else body.decode("utf-8"),
            "isBase64Encoded": encoded,
        }
        return self.answer(event)

    def answer(self, event):
        got = self.app(event, None)
        body = got["body"]
        body = (
            base64.b64decode(body) if got.get("isBase64Encoded") else body.encode() if isinstance(body, str) else body
        )
        headers = {key.lower(): value for key, value in got["headers"].items()}
        return SimpleNamespace(
            status=got["statusCode"], headers=headers, body=body, text=body.decode("utf-8", "replace")
        )

    def post_form(self, path, form, **headers):
        body = urlencode(form).encode()
        return self.call("POST", path, {"Content-Type": "application/x-www-form-urlencoded", **headers}, body)

    def shopify(self, topic, data, secret="shopify-secret", delivery=""):
        body = json.dumps(data).encode()
        named = {"X-Shopify-Webhook-Id": delivery} if delivery else {}
        return self.call("POST", "/webhooks/shopify", shopify_headers(body, topic, secret) | named, body)

    def woo(self, topic, data, secret="woo-secret"):
        body = json.dumps(data).encode()
        return self.call("POST", "/webhooks/woocommerce", woo_headers(body, topic, secret), body)

    def facts(self, name=""):
        """Every fact in the log, or those of one name, by when they occurred."""
        found, after = [], None
        while True:
            page = self.cloud.events.scan(after=after)
            found += [events.parse(json.loads(item["body"])) for item in page.items]
            after = page.next_key
            if after is None:
                return sorted((fact for fact in found if name in ("", fact.name)), key=lambda fact: fact.order_key)

    def drops(self):
        item = self.cloud.catalog.get(drops_key(f"{NOW:%Y-%m-%d}")) or {}
        return {key: value for key, value in item.items() if key not in ("pk", "sk")}

    def stamp(self, form, *, before=timedelta(seconds=30), address="192.0.2.7"):
        """The signed time of a form handed out a while ago."""
        return {"stamp": guard.stamp(self.cloud, form, guard.Caller(address=address), clock.now() - before)}

    def token(self, purpose, link=0, profile_id=PROFILE, message_id=MESSAGE):
        return ids.sign_token(Token(purpose, profile_id, message_id, link), self.cloud.secrets.link_keys)

    def arrival(self, profile_id=PROFILE):
        """What a click takes along to the shop at this hour."""
        return ids.sign_arrival(profile_id, clock.now(), self.cloud.secrets.link_keys)

    def send_message(self, links=(), profile_id=PROFILE, definition="flow:welcome"):
        """What deliver leaves behind of a mail that went out."""
        self.cloud.agenda.put(
            message_key(profile_id, MESSAGE),
            {"status": "sent", "channel": "email", "definition": definition, "links": list(links)},
        )
        return {purpose: self.token(purpose, profile_id=profile_id) for purpose in Purpose}


@pytest.fixture
def web(cloud):
    """The routes with the default playbook published, at NOW."""
    clock.set_source(lambda: NOW)
    cloud.data.put("playbook/bundles/test.json", _playbook())
    cloud.data.put_json(bundle.POINTER, {"version": "test"})
    return Web(cloud)


@pytest.fixture
def calls(web):
    """The DynamoDB operations that the routes make, in order; append to `failing` to make one fail."""
    shared = services()
    real = shared.dynamodb
    made, failing = [], []

    def call(operation, request):
        made.append(operation)
        if operation in failing or "*" in failing:
            from chalicelib.errors import Unavailable

            raise Unavailable(f"{operation} gave no answer")
        return real(operation, request)

    shared.__dict__["dynamodb"] = call
    return SimpleNamespace(made=made, failing=failing)
