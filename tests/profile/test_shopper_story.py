"""Eight weeks of one shopper, as the stream tells them, and the customer everybody then reads."""

from datetime import timedelta

from chalicelib import events
from chalicelib.profile import jobs, rebuild, store
from tests.profile.facts import ADA, ADA_ID, fact, message, on, order, sent, stored_profiles, stream, usd

BROWSER = {"anonymous": "cookie-9"}
CUSTOMER = {"customer": "c-7"}


def test_a_shoppers_weeks(cloud):
    # She looks around, unknown.
    stream(cloud, [fact(events.ProductViewed, on(0, 0, each), BROWSER, product_id="kettle") for each in range(3)])
    nobody = store.find(cloud, "anonymous", "cookie-9")
    assert (nobody.email, nobody.count("Product Viewed", now=on(0, 1))) == ("", 3)

    # A day later she signs up; what her browser did is hers now.
    join = {"email": "ada@shop.example", "channel": "email", "wording": "w1", "time_zone": "Europe/Vienna"}
    stream(cloud, [fact(events.SignedUp, on(1), ADA | BROWSER, source="signup", language="de", **join)])
    ada = store.find(cloud, "email", ADA["email"])
    assert ada.profile_id == ADA_ID
    assert (ada.count("Product Viewed", now=on(1)), ada.created_at) == (3, on())
    assert (ada.consent_of("email").state, ada.zone.name, ada.language) == ("pending", "Europe/Vienna", "de")

    # She confirms, is welcomed with a coupon and reads the mail; so does her provider's proxy.
    stream(cloud, [fact(events.SubscriptionConfirmed, on(1, 1), {"profile": ADA_ID}, channel="email", wording="w1")])
    coupon = {"code": "HELLO-1", "offer": "first_order", "expires_at": on(15), "amount": usd(500)}
    stream(cloud, [sent(on(2)), fact(events.CouponGranted, on(2), {"profile": ADA_ID}, **coupon)])
    stream(
        cloud,
        [
            message(events.EmailOpened, on(2, 0, 1), agent="proxy"),
            message(events.EmailDelivered, on(2, 0, 1)),
            message(events.EmailOpened, on(2, 9)),
            message(events.EmailLinkClicked, on(2, 9, 1), link=2),
        ],
    )
    ada = store.load(cloud, ADA_ID)
    assert ada.consent_of("email").state == "subscribed"
    assert (ada.messages[0].opened_at, ada.messages[0].clicked_at) == (on(2, 9), on(2, 9, 1))
    assert [each.code for each in ada.coupons] == ["HELLO-1"]

    # She orders and does not pay; the store knows her by its own id as well.
    placed = order(events.OrderCreated, on(3), CUSTOMER | ADA, order_id="1001", pay_url="https://shop.example/pay/1001")
    stream(cloud, [placed])
    ada = store.find(cloud, "customer", "c-7")
    assert (ada.profile_id, ada.orders["1001"].is_open) == (ADA_ID, True)
    assert ada.orders["1001"].pay_url == "https://shop.example/pay/1001"

    # A week later she pays, and gets points; after that one piece goes back.
    stream(cloud, [order(events.OrderCompleted, on(10), CUSTOMER, order_id="1001", codes=("HELLO-1",))])
    stream(cloud, [fact(events.PointsChanged, on(10), {"profile": ADA_ID}, delta=50, reason="order")])
    stream(cloud, [fact(events.OrderRefunded, on(20), CUSTOMER, order_id="1001", refund_id="r1", amount=usd(1000))])
    stream(cloud, [fact(events.SegmentEntered, on(21), {"profile": ADA_ID}, segment="buyers")])
    ada = store.load(cloud, ADA_ID)
    bought = ada.orders["1001"]
    assert (bought.status, bought.placed_at, bought.paid_at, bought.refunded) == ("paid", on(3), on(10), 1000)
    assert (ada.points, ada.segments) == (50, {"buyers": on(21)})

    # She has enough of mail, says why, and looks in again in the eighth week.
    jobs.fold_now(
        cloud, [fact(events.Unsubscribed, on(40), {"profile": ADA_ID}, channel="email", how="one_click")], on(40)
    )
    assert store.load(cloud, ADA_ID).consent_of("email").state == "unsubscribed"
    reason = {"channel": "email", "reason": "too_many"}
    stream(cloud, [fact(events.UnsubscribeReasonGiven, on(40), {"profile": ADA_ID}, **reason)])
    stream(cloud, [fact(events.SegmentLeft, on(41), {"profile": ADA_ID}, segment="buyers")])
    stream(cloud, [fact(events.ProductViewed, on(56), BROWSER, product_id="teapot")])
    ada = store.load(cloud, ADA_ID)
    assert ada.unsubscribe_reasons == {"email": "too_many"}
    assert ada.segments == {}
    assert ada.count("Product Viewed", within=timedelta(days=30), now=on(56)) == 1
    assert (ada.first("Product Viewed"), ada.last("Product Viewed")) == (on(), on(56))

    # The log tells the same story.
    before = stored_profiles(cloud)
    assert rebuild.rebuild(cloud, ADA_ID, on(57))
    assert stored_profiles(cloud) == before
