"""The message as mailbox providers read it: headers once each, parts readable, one-click unsubscribing recognised."""

import json
import re
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from chalicelib import ids
from chalicelib.aws import ses
from chalicelib.deliver.address import to_sendable
from chalicelib.deliver.channels.email import compose
from chalicelib.deliver.render import Rendered, render
from chalicelib.errors import BadPlaybook
from chalicelib.ids import Purpose
from tests.deliver.people import (
    KEYS,
    LANGUAGES,
    NOW,
    PUBLIC_URL,
    TEMPLATES,
    TRANSACTIONAL,
    default_bundle,
    message_to,
    order,
    person,
)

MATERIAL = Path(__file__).resolve().parents[3] / "shared" / "material"
SENDER = {"name": "Aurora Home", "address": "hello@shop.example", "reply_to": "care@shop.example"}
ONCE = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
LIST = ("List-ID", "List-Unsubscribe", "List-Unsubscribe-Post")


def read(mime):
    message = message_from_bytes(mime, policy=policy.default)
    assert not message.defects
    return message


def posted(template="welcome", *, language="en", public_url=PUBLIC_URL, sender=SENDER, **known):
    profile = person(language=language, facts=[order()], **known)
    message = message_to(profile.profile_id, template)
    made = render(message, profile.customer, default_bundle(), keys=KEYS, public_url=public_url)
    assert isinstance(made, Rendered)
    address, mime = compose(made, sender, "ann@mail.example", tag=f"{message['pk']}.{message['message_id']}", now=NOW)
    ses.check(ses.Mail(address, "ann@mail.example", mime, "t"))
    return made, mime


def one_click(unsubscribe, post):
    """What the list-unsubscribe crate finds: OneClick, Mailto, HttpLink or None, with its details."""
    uris = [each.strip() for each in re.findall(r"<([^>]*)>", unsubscribe or "")]
    web = [each for each in uris if re.match(r"(?i)https?://[^/?#]+", each)]
    web = [re.sub(r"^[A-Za-z]+", lambda scheme: scheme[0].lower(), each) for each in web]
    secure = [each for each in web if each.startswith("https://")]
    if (post or "").strip().lower() == "list-unsubscribe=one-click" and secure:
        return {"kind": "OneClick", "url": secure[0]}
    for each in uris:
        if each.lower().startswith("mailto:"):
            parts = urlsplit(each)
            return {
                "kind": "Mailto",
                "address": unquote(parts.path),
                "subject": parse_qs(parts.query).get("subject", [None])[0],
            }
    return {"kind": "HttpLink", "url": web[0]} if web else {"kind": "None"}


def conformance_cases():
    folder = MATERIAL / "unsubscribe" / "conformance"
    return sorted(folder.glob("*.json")) or [None]


@pytest.mark.parametrize("case", conformance_cases(), ids=lambda case: case.stem if case else "absent")
def test_the_reader_used_below_agrees_with_the_third_party_cases(case):
    if case is None:
        pytest.skip(f"the unsubscribe cases are not under {MATERIAL}")
    data = json.loads(case.read_text())
    given = data["input"]
    assert one_click(given["list_unsubscribe"], given["list_unsubscribe_post"]) == data["expected"]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_has_its_headers_once_and_both_parts(template, language):
    made, mime = posted(template, language=language)
    message = read(mime)
    for name in ONCE:
        assert len(message.get_all(name)) == 1, name
    assert message["Subject"] == made.subject
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert [text.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]
    assert text.get_content().replace("\r\n", "\n").rstrip() == made.text.rstrip()
    assert html.get_content().replace("\r\n", "\n").rstrip() == made.html.rstrip()
    assert max(len(line) for line in mime.split(b"\r\n")) <= 998
    assert b"\n" not in mime.replace(b"\r\n", b"")
    if template in TRANSACTIONAL:
        assert [message[name] for name in LIST] == [None, None, None]
        return
    assert [len(message.get_all(name)) for name in LIST] == [1, 1, 1]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = one_click(message["List-Unsubscribe"], message["List-Unsubscribe-Post"])
    assert found["kind"] == "OneClick"
    token = found["url"].removeprefix(f"{PUBLIC_URL}/u/")
    assert ids.read_token(token, Purpose.UNSUBSCRIBE, KEYS).profile_id == person().profile_id
    assert re.fullmatch(r"<[\w-]+\.shop\.example>", message["List-ID"])


def test_a_plain_address_of_the_local_cloud_gets_no_one_click_header():
    _, mime = posted(public_url="http://127.0.0.1:8000")
    message = read(mime)
    assert message["List-Unsubscribe-Post"] is None
    assert one_click(message["List-Unsubscribe"], None)["kind"] == "HttpLink"


def hostile_lines():
    strings = [
        "a\r\nBcc: evil@mail.example",
        "a\nX: 1",
        "a\u2028X: 1",
        "=?utf-8?B?DQpYOiAx?=",
        '"',
        "a" * 400,
        "\ud800x",
    ]
    folder = MATERIAL / "hostile"
    if folder.is_dir():
        strings += json.loads((folder / "blns.json").read_text())
        strings += (folder / "CRLF_Injection_Files_crlfinjection.txt").read_text().splitlines()
    return strings


def test_nothing_anybody_calls_themselves_begins_a_header():
    made, _ = posted()
    for hostile in hostile_lines():
        subject = Rendered(subject=hostile, html="h", text="t", language="en", headers=made.headers)
        _, mime = compose(subject, SENDER | {"name": hostile}, "ann@mail.example", tag="a.b", now=NOW)
        ses.check(ses.Mail("hello@shop.example", "ann@mail.example", mime, "a.b"))
        head = mime.split(b"\r\n\r\n")[0]
        names = [line.split(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
        assert sorted(names) == sorted([*ONCE, "Content-Language", *LIST]), hostile
        message = message_from_bytes(mime, policy=policy.default)
        assert message["From"].addresses[0].addr_spec == "hello@shop.example", hostile
        assert message["To"] == "ann@mail.example"


@pytest.mark.parametrize(
    ("given", "sendable"),
    [
        ("Ann.Lee+shop@Mail.Example", "Ann.Lee+shop@mail.example"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),  # IDNA 2003 would make it strasse: another's domain
        ("ann@例え.jp", "ann@xn--r8jz45g.jp"),
        ("bücher@mail.example", None),
        ("a@b", None),
        ("a..b@mail.example", None),
        (".a@mail.example", None),
        ('"a b"@mail.example', None),
        ("a@mail.example\r\nBcc: x@mail.example", None),
        ("a@b@mail.example", None),
        ("a@-mail.example", None),
        ("a@10.0.0.1", None),
        ("a@mail..example", None),
        ("a" * 65 + "@mail.example", None),
        ("a@" + "b" * 64 + ".example", None),
        ("@mail.example", None),
        ("", None),
    ],
)
def test_addresses_ses_takes_and_those_it_would_mistake(given, sendable):
    assert to_sendable(given) == sendable


def test_a_sender_that_is_no_address_is_a_fault_of_the_playbook():
    with pytest.raises(BadPlaybook):
        posted(sender=SENDER | {"address": "nobody"})
