"""A flow follows a person's click and never a machine's, its first hit included; and it works without any open."""

from datetime import timedelta

from chalicelib import events
from tests.decide.shop import FLOWS, Shop

START = "2026-10-05T12:00:00Z"
CLICKED = {
    "enter": {"event": "Email Link Clicked", "again_after": "1d"},
    "exit": [{"event": "Email Link Clicked"}],
    "goal": {"event": "Order Completed", "within": "5d"},
    "steps": [{"wait": "1d"}, {"email": "news"}],
}
BRANCHING = {
    "enter": {"event": "Product Viewed", "again_after": "1d"},
    "goal": {"event": "Order Completed", "within": "5d"},
    "steps": [
        {"wait": "1d"},
        {
            "branch": [
                {"if": {"did": "Email Link Clicked", "within": "7d"}, "steps": [{"email": "letter"}]},
                {"else": True, "steps": [{"email": "news"}]},
            ]
        },
    ],
}


def mail(shop, name, **fields):
    given = {"channel": "email", "definition": "campaign:x", "template": "news", "message_id": "m1"} | fields
    return shop.fact(events.MessageSent, name, **given)


def burst(shop, name, links=12):
    return [
        shop.fact(
            events.EmailLinkClicked, name, message_id="m1", link=link, at=shop.now + timedelta(milliseconds=250 * link)
        )
        for link in range(links)
    ]


def test_twelve_links_in_three_seconds_advance_no_flow(cloud):
    shop = Shop(cloud, START, flows={"clicked": CLICKED, "branching": BRANCHING})
    shop.know("ann")
    shop.record(mail(shop, "ann"))
    shop.happen(shop.fact(events.ProductViewed, "ann", product_id="p1"))
    hits = burst(shop, "ann")
    shop.record(*hits)
    for hit in hits:
        shop.react(shop.pid("ann"), [events.serialise(hit)])
    assert shop.agenda("run#clicked#") == []
    shop.pass_days(2)
    assert [sent.template for sent in shop.sent] == ["news"], "the branch for those who clicked was not taken"


def test_a_person_s_click_starts_the_flow_and_takes_the_branch(cloud):
    shop = Shop(cloud, START, flows={"clicked": CLICKED, "branching": BRANCHING})
    shop.know("ann")
    shop.record(mail(shop, "ann"))
    shop.happen(shop.fact(events.ProductViewed, "ann", product_id="p1"))
    shop.happen(shop.fact(events.EmailLinkClicked, "ann", message_id="m1", link=3))
    assert shop.run("ann", "clicked")["status"] == "active"
    shop.pass_days(1.5)
    assert "letter" in [sent.template for sent in shop.sent]


def test_what_calls_itself_a_machine_starts_nothing(cloud):
    shop = Shop(cloud, START, flows={"clicked": CLICKED})
    shop.know("ann")
    shop.record(mail(shop, "ann"))
    shop.happen(shop.fact(events.EmailLinkClicked, "ann", message_id="m1", link=0, agent="scanner"))
    assert shop.agenda("run#") == []


def test_flows_need_no_open(cloud):
    """Nobody's open or click is known here, as of a recipient without a pixel; every step comes all the same."""
    shop = Shop(cloud, START, flows=FLOWS)
    shop.know("ann")
    shop.happen(shop.order("ann", "1001"))
    shop.pass_days(40)
    assert [sent.template for sent in shop.sent] == ["unpaid_1", "unpaid_2", "unpaid_3"]
    assert shop.facts("ann", events.EmailOpened) == []
