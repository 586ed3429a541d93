"""The outbox: each mail as its recipient gets it, its headers, the recipient's local time, and its links to try.

The mail is shown in a sandboxed frame under a policy that loads nothing, so
that looking at it here is not an open. Following a link is a button, and then
it is the recipient's click.
"""

from html import escape

from chalicelib import clock
from chalicelib.aws.table import message_key
from chalicelib.profile import store
from chalicelib.profile.timezone import zone_for
from cli.demo import frame
from cli.demo.browser import Browser, Page
from cli.demo.recipients import PHONE
from cli.demo.run import Demo
from cli.local.feedback import Posted
from cli.local.gateway import Answer, Request

SHOWN = 200
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def answer(demo: Demo, request: Request) -> Answer | None:
    """`/outbox`, `/outbox/<n>`, `/outbox/<n>/html`, and POST `/outbox/<n>` to use a link as the recipient would."""
    if request.path == "/outbox":
        return _list(demo)
    number, _, rest = request.path.removeprefix("/outbox/").partition("/")
    if not request.path.startswith("/outbox/") or not number.isdigit() or int(number) >= len(demo.cloud.post.posted):
        return None
    posted = demo.cloud.post.posted[int(number)]
    if rest == "html":
        return Answer(200, posted.body("html").encode(), frame.secured("text/html; charset=utf-8", _MAIL_POLICY))
    if request.method == "POST":
        return _use(demo, int(number), posted, request.form())
    return _show(demo, int(number), posted)


def _list(demo: Demo) -> Answer:
    posted = demo.cloud.post.posted
    rows = []
    for number in range(len(posted) - 1, max(len(posted) - 1 - SHOWN, -1), -1):
        mail = posted[number]
        rows.append(
            (
                escape(clock.to_text(mail.sent_at)[:16].replace("T", " ")),
                escape(_local_time(demo, mail)),
                escape(mail.mail.recipient),
                f'<a href="/outbox/{number}">{escape(str(mail.message["Subject"]))}</a>',
            )
        )
    intro = f"<p>{len(posted)} mails, the newest {min(len(posted), SHOWN)} here. {frame.invented()} recipients.</p>"
    shown = frame.table("Mails", ("Sent, UTC", "Recipient's clock", "To", "Subject"), rows)
    return frame.page("Outbox", clock.to_text(demo.cloud.now())[:16], "/outbox", intro, shown)


def _show(demo: Demo, number: int, posted: Posted) -> Answer:
    message = posted.message
    headers = [(name, escape(str(value))) for name, value in message.items()]
    links = _links(posted)
    rows = [(str(place), escape(link), _buttons(number, link)) for place, link in enumerate(links)]
    status = demo.cloud.services.agenda.get(message_key(posted.profile_id, posted.message_id)) or {}
    facts = [
        ("To", f"{escape(posted.mail.recipient)} {frame.invented()}"),
        ("Sent", escape(clock.to_text(posted.sent_at)) + f", {escape(_local_time(demo, posted))} for the recipient"),
        ("Why", escape(f"{status.get('definition', '?')}, step {status.get('step', '')}")),
        ("Became", escape(str(status.get("status", "?")))),
        ("Customer", f'<a href="/customers/{posted.profile_id}">profile and timeline</a>'),
    ]
    return frame.page(
        str(message["Subject"]),
        clock.to_text(demo.cloud.now())[:16],
        "/outbox",
        f'<div class="split"><div><iframe title="The mail as rendered" sandbox src="/outbox/{number}/html"></iframe>'
        f'</div><div class="card">{frame.pairs(facts)}</div></div>',
        f"<h2>Links</h2>{frame.table('Links', ('Number', 'Address', 'As the recipient'), rows)}",
        f'<h2>Plain text</h2><div class="card"><pre>{escape(posted.body("plain"))}</pre></div>',
        f'<h2>Headers</h2><div class="card">{frame.pairs(headers)}</div>',
    )


def _buttons(number: int, link: str) -> str:
    kind = next((kind for kind in ("c", "o", "u", "p", "confirm") if f"/{kind}/" in link), "")
    if kind in ("c", "o"):
        return frame.button(f"/outbox/{number}", "Click" if kind == "c" else "Open", link=link)
    return f'<a href="{escape(link)}">Visit the page</a>' if kind else ""


def _use(demo: Demo, number: int, posted: Posted, form: dict[str, str]) -> Answer:
    """A click or open by the recipient: only addresses that are in this mail, only at our own API."""
    link = form.get("link", "")
    if link in _links(posted) and link.startswith(demo.gateway.api_url):
        browser = Browser(demo.gateway.origin)
        browser.ask("GET", link, agent=PHONE)
        browser.close()
        demo.cloud.pump()
    return frame.see_other(f"/outbox/{number}")


def _links(posted: Posted) -> list[str]:
    page = Page(200, posted.body("html"))
    return list(dict.fromkeys([*page.links(), *page.images()]))


def _local_time(demo: Demo, posted: Posted) -> str:
    customer = store.load(demo.cloud.services, posted.profile_id)
    zone = zone_for(customer, "America/New_York") if customer else "America/New_York"
    return posted.sent_at.astimezone(clock.zone(zone)).strftime("%a %H:%M ") + zone
