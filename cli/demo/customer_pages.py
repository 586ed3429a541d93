"""Customers of the demo: a list, and one with everything known, the proof of consent and the evidence for the zone."""

import json
from html import escape
from typing import Any

from chalicelib import clock
from chalicelib.playbook import bundle
from chalicelib.profile import store
from chalicelib.profile.customer import Customer
from cli import portrait, portrait_insights
from cli.demo import frame
from cli.demo.run import Demo
from cli.local.gateway import Answer, Request

SHOWN = 100


def answer(demo: Demo, request: Request) -> Answer | None:
    """`/customers`, with `?q=` an address, and `/customers/<profile id>`."""
    if request.path == "/customers":
        return _list(demo, request.query.get("q", ""))
    if request.path.startswith("/customers/"):
        found = portrait.find(demo.cloud.services, request.path.removeprefix("/customers/"))
        return _show(demo, found) if found else None
    return None


def _list(demo: Demo, wanted: str) -> Answer:
    customers = [each for each in _everyone(demo) if wanted.lower() in each.email]
    customers.sort(key=lambda each: (each.last("Message Sent") is None, each.email))
    rows = [
        (
            f'<a href="/customers/{each.profile_id}">{escape(each.email or each.profile_id)}</a>',
            escape(each.first_name),
            escape(each.country),
            escape(each.zone.name if each.zone else "unknown"),
            escape(each.consent_of("email").state),
            str(len(each.orders)),
            str(len(each.messages)),
            escape(", ".join(sorted(each.segments))),
        )
        for each in customers[:SHOWN]
    ]
    heads = ("Address", "Name", "Country", "Zone", "E-mail consent", "Orders kept", "Messages", "Segments")
    search = (
        '<form method="get" action="/customers"><label>Address contains'
        f'<input name="q" value="{escape(wanted)}"></label><button class="main">Search</button></form>'
    )
    intro = (
        f"<p>{len(customers)} customers, {min(len(customers), SHOWN)} shown. Purchases are real; names, addresses, "
        f"countries, zones, languages and consent are {frame.invented()}.</p>{search}"
    )
    return frame.page(
        "Customers",
        clock.to_text(demo.cloud.now())[:16],
        "/customers",
        intro,
        frame.table("Customers", heads, rows, numbers=(5, 6)),
    )


def _everyone(demo: Demo) -> list[Customer]:
    found: list[Customer] = []
    after = None
    while True:
        page, after = store.scan(demo.cloud.services, after=after)
        found += page
        if after is None:
            return found


def _show(demo: Demo, customer: Customer) -> Answer:
    now = demo.cloud.now()
    painted = portrait.paint(demo.cloud.services, customer, bundle.load(demo.cloud.services.data, now), now)
    made_up = frame.invented()
    zone = painted["zone"]
    profile = [
        ("Profile", escape(painted["profile_id"])),
        ("Name", f"{escape(painted['first_name'])} {made_up}"),
        ("Country, language", f"{escape(_listed(painted['country'], painted['language']))} {made_up}"),
        ("Time zone", f"{escape(zone['name'])}: {escape(zone['confidence'])}, from {escape(zone['source'])} {made_up}"),
        ("Evidence", _evidence(zone["evidence"])),
        ("Customer since", escape(painted["customer_since"][:10])),
        ("Points", str(painted["points"])),
    ]
    return frame.page(
        painted["email"] or painted["profile_id"],
        clock.to_text(now)[:16],
        "/customers",
        f'<div class="split"><div class="card">{frame.pairs(profile)}</div><div class="card"><h2>Consent</h2>'
        f"{_consent(painted)}</div></div>",
        f"<h2>Tags</h2>{_tags(painted)}",
        f"<h2>Groups, stage and predictions</h2>{_insights(painted['insights'])}",
        f"<h2>Known</h2>{_known(painted)}",
        f"<h2>Asked for and answered</h2>{_wanted(painted)}",
        f"<h2>Measures</h2>{_measures(painted)}",
        f"<h2>In the store</h2>{_shopping(painted)}",
        f"<h2>Segments</h2>{_segments(painted)}",
        "<h2>Orders</h2>",
        frame.table(
            "Orders",
            ("Placed, UTC", "Number", "Lines", "Total", "Status"),
            (
                (
                    escape(order["placed_at"][:16].replace("T", " ")),
                    escape(order["number"] or order["order_id"]),
                    str(order["lines"]),
                    escape(order["total"]),
                    escape(order["status"]),
                )
                for order in painted["orders"][:50]
            ),
            numbers=(2, 3),
        ),
        "<h2>Timeline</h2>",
        frame.table(
            "Timeline",
            ("At, UTC", "Event", "From", "Detail"),
            (
                (
                    escape(fact["at"][:19].replace("T", " ")),
                    escape(fact["event"]),
                    escape(fact["source"]),
                    f"<pre>{escape(_detail(fact))}</pre>",
                )
                for fact in painted["timeline"]
            ),
        ),
    )


def _listed(*values: str) -> str:
    return ", ".join(filter(None, values)) or "unknown"


def _evidence(told: dict[str, Any]) -> str:
    """Who told of which zone and when, a line each."""
    lines = []
    for source, entry in told.items():
        known = isinstance(entry, list) and len(entry) == 3
        text = f"{source}: {entry[2]}, on {entry[0][:10]}" if known else f"{source}: {json.dumps(entry)}"
        lines.append(escape(text))
    return "<br>".join(lines) or "none"


def _detail(fact: dict[str, Any]) -> str:
    return json.dumps(
        {name: value for name, value in fact["detail"].items() if name != "lines"}, ensure_ascii=False, default=str
    )[:300]


def _consent(painted: dict[str, Any]) -> str:
    if not painted["consent"]:
        return "<p>None was ever given.</p>"
    shown = []
    for channel, consent in painted["consent"].items():
        shown.append(
            frame.pairs(
                [
                    (channel, f"<strong>{escape(consent['state'])}</strong>"),
                    ("Since", escape(consent["since"] or "")),
                    ("Wording", escape(consent["wording"])),
                    ("Told by", escape(f"{consent['source']} {consent['how']}")),
                    ("Proof", escape(consent["proof"])),
                ]
            )
        )
    stopped = "".join(
        f"<p>Nothing is sent by {escape(channel)}: {escape(reason)}</p>"
        for channel, reason in painted["suppressed"].items()
    )
    return "".join(shown) + stopped


def _tags(painted: dict[str, Any]) -> str:
    return frame.table(
        "Tags",
        ("Tag", "Name", "名称", "Why", "原因"),
        (
            tuple(map(escape, (each["tag"], each["name"]["en"], each["name"]["zh-CN"], *each["why"].values())))
            for each in painted["tags"]
        ),
    )


def _insights(told: dict[str, Any]) -> str:
    if not told["as_of"]:
        return '<p class="soft">Nothing was computed yet.</p>'
    found = frame.table(
        "Groups, stage and predictions",
        ("What", "Found", "Figure", "Since", "Why", "原因"),
        (
            tuple(
                map(
                    escape,
                    (
                        *(each["called"]["en"], each["name"]["en"], portrait_insights.figure(each)),
                        *(each["since"][:10] if each["since"] else "", *each["why"].values()),
                    ),
                )
            )
            for each in told["found"]
        ),
        numbers=(2,),
    )
    suggested = frame.pairs(
        (escape(each["name"]["en"]), escape(", ".join(each["titles"]))) for each in told["suggested"]
    )
    blank = frame.table(
        "What cannot be said yet",
        ("What", "Why", "原因"),
        (tuple(map(escape, (each["name"]["en"], *each["why"].values()))) for each in told["blanks"]),
    )
    shown = f'<h3>Worth showing</h3><div class="card">{suggested}</div>' if told["suggested"] else ""
    return f"{found}{shown}<h3>What cannot be said yet</h3>{blank}"


def _known(painted: dict[str, Any]) -> str:
    rows = []
    for each in painted["known"]:
        for place, belief in enumerate((each, *each["beside"])):
            how = "told by " if belief["explicit"] else "concluded from "
            name = each["key"] if place == 0 else f"beside {each['key']}"
            told = (name, belief["value"], how + belief["source"], belief["at"][:10], belief["confidence"])
            why = belief["why"].get("en", "") or ("as told" if belief["explicit"] else "")
            rows.append(tuple(map(escape, (*told, why))))
    return frame.table("Known", ("What", "Value", "Source", "At", "Confidence", "Why"), rows)


def _wanted(painted: dict[str, Any]) -> str:
    """What they want to hear of, what they answered in surveys, and the coupons they hold."""
    wishes = painted["preferences"]
    topics = {wish: [topic for topic, each in wishes["topics"].items() if each is wish] for wish in (True, False)}
    rows = [
        ("Wants to hear of", escape(", ".join(topics[True])) or "nothing said"),
        ("Not of", escape(", ".join(topics[False])) or "nothing said"),
        ("How often", escape(wishes["frequency"]) or "nothing said"),
        ("Paused until", escape(wishes["paused_until"][:10]) or "not paused"),
    ]
    for survey, answers in wishes["surveys"].items():
        said = "; ".join(f"{question}: {answer}" for question, answer in answers["said"].items())
        rows.append((f"Survey {survey}", escape(f"{answers['at'][:10]}: {said}")))
    rows += [
        ("Coupon", escape(f"{coupon['code']} ({coupon['offer']}), until {coupon['expires_at'][:10]}"))
        for coupon in painted["coupons"]
    ]
    return f'<div class="card">{frame.pairs(rows)}</div>'


def _measures(painted: dict[str, Any]) -> str:
    rows = (
        (
            escape(each["name"]),
            escape(each["value"]),
            escape(each["before"]),
            escape(each["trend"] + (f" ×{each['ratio']}" if each["ratio"] is not None else "")),
            str(each["occurrences"]),
        )
        for each in painted["measures"]
    )
    heads = ("Measure", "Last 90 days", "90 before", "Trend", "Rests on")
    return frame.table("Measures", heads, rows, numbers=(1, 2, 4))


def _shopping(painted: dict[str, Any]) -> str:
    held, wishes = painted["cart"], painted["wishes"]
    content = ", ".join(f"{line['quantity']} × {line['title']}" for line in held["lines"]) if held else "empty"
    listed = ", ".join(f"{wish['title'] or wish['product_id']} {wish['price']}".strip() for wish in wishes)
    rows = (
        tuple(map(escape, (act["at"][:16].replace("T", " "), act["kind"], act["about"], act["price"])))
        for act in painted["recent"]
    )
    return f"<p>Cart: {escape(content)}. Wish-list: {escape(listed) or 'empty'}.</p>" + frame.table(
        "Acts", ("At, UTC", "Act", "About", "Price"), rows
    )


def _segments(painted: dict[str, Any]) -> str:
    return frame.table(
        "Segments",
        ("Segment", "Since, UTC", "Why"),
        (
            (escape(each["segment"]), escape(each["since"][:16]), f"<pre>{escape(chr(10).join(each['why']))}</pre>")
            for each in painted["segments"]
        ),
    )
