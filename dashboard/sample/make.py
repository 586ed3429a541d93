"""Makes the sample that shows the page without a store: `python dashboard/sample/make.py`.

The numbers are invented, from one seed, and are labelled so in the data and on
the page. They go through the same `build` as real ones, so the sample
always has the shape that is published; a test holds it to the schema.
"""

import json
import random
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chalicelib.measure import customers, overview  # noqa: E402
from chalicelib.measure.attention import Attention  # noqa: E402
from chalicelib.measure.days import Calendar, Row  # noqa: E402
from chalicelib.measure.orders import DAY, Booking  # noqa: E402
from chalicelib.playbook.bundle import Bundle  # noqa: E402
from cli.publish.load import DEFAULT, load  # noqa: E402
from cli.publish.reasons import read_reasons  # noqa: E402
from dashboard.sample.shop import standing  # noqa: E402

TODAY = date(2026, 11, 22)
NOON = 1_795_348_800_000  # of TODAY, in ms
HERE = Path(__file__).parent

FLOWS = {
    "confirm_subscription": ({"en": "Confirm the subscription", "zh-CN": "确认订阅"}, 410, 0.71, 0.52, 0.0),
    "welcome": ({"en": "Welcome with a first-order coupon", "zh-CN": "欢迎与首单优惠"}, 330, 0.512, 0.083, 0.31),
    "unpaid_order": ({"en": "Unpaid order", "zh-CN": "订单催付"}, 260, 0.447, 0.121, 0.3),
}
CAMPAIGNS = {
    "back_to_school": ({"en": "Back to school", "zh-CN": "开学季"}, 99, 47300),
    "summer_sale": ({"en": "Summer sale", "zh-CN": "夏季促销"}, 128, 50900),
    "garden_days": ({"en": "Garden days", "zh-CN": "花园日"}, 157, 45100),
    "autumn_preview": ({"en": "Autumn preview", "zh-CN": "秋季新品预览"}, 61, 52400),
    "members_week": ({"en": "Members' week", "zh-CN": "会员周"}, 33, 61800),
    "bf_2026_teaser": ({"en": "Black Friday early access", "zh-CN": "黑五提前购"}, 5, 64600),
}
REASONS = {
    "too_many": ({"en": "Too many messages", "zh-CN": "邮件太多"}, 0.4),
    "not_relevant": ({"en": "Not relevant to me", "zh-CN": "内容与我无关"}, 0.27),
    "prices": ({"en": "Prices or offers do not suit me", "zh-CN": "价格或优惠不合适"}, 0.14),
    "never_signed_up": ({"en": "I never signed up", "zh-CN": "我没有订阅过"}, 0.1),
    "other": ({"en": "Another reason", "zh-CN": "其他原因"}, 0.09),
}


PLACES = {
    "US": 11840,
    "GB": 3120,
    "CA": 2610,
    "DE": 2270,
    "AU": 1490,
    "FR": 1180,
    "NL": 640,
    "JP": 590,
    "SE": 310,
    "IE": 260,
    "NZ": 210,
    "SG": 120,
    "AT": 90,
    "NO": 40,
    "IS": 7,
    "MT": 4,
}
DEPTHS = {
    "campaign:bf_2026_teaser": Counter(glanced=1830, skimmed=2410, read=3160),
    "flow:welcome": Counter(glanced=610, skimmed=890, read=1540),
    "flow:unpaid_order": Counter(glanced=320, skimmed=270, read=410),
    "flow:confirm_subscription": Counter(glanced=3, skimmed=2),
}
MOVES = {
    "engaged_14d": 410,
    "engaged_30d": 330,
    "active": 380,
    "new_members": 350,
    "ordered_7d": 290,
    "vip": 6,
    "at_risk_vip": 3,
    "top_fifth": 24,
    "cart_abandoners": 140,
    "unpaid_orders": 60,
    "rfm_champions": 21,
    "rfm_at_risk": 26,
    "stage_new": 170,
    "stage_at_risk": 95,
    "likely_dormant": 120,
    "coupon_users": 80,
    "first_time_buyers": 165,
    "repeat_buyers": 70,
    "browsers_without_order": 210,
    "wish_list_waiters": 33,
}
"""Segment → who enters on a day, about."""


SEGMENTS = {name: document.data for name, document in load(DEFAULT).segments.items()}


class Sample:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.rows: dict[date, Row] = {}
        self.book: dict[str, Booking] = {}
        self.drops: dict[date, dict[str, int]] = {}

    def about(self, mean: float) -> int:
        return max(0, round(self.dice.gauss(mean, mean**0.5)))

    def messages(self, row: Row, definition: str, sent: int, opened: float, clicked: float) -> int:
        """Count the messages of a day; how many were clicked."""
        delivered = sent - self.about(sent * 0.009)
        clicks = min(delivered, self.about(delivered * clicked))
        opens = max(clicks, min(delivered, self.about(delivered * opened)))
        row.definitions[definition] = Counter(
            sent=sent,
            recipients=round(sent * 0.8),
            delivered=delivered,
            opened=opens,
            opened_raw=round(opens * 1.9),
            clicked=clicks,
            clicked_raw=round(clicks * 1.5),
            bounced=sent - delivered,
            complained=self.about(delivered * 0.0004),
            unsubscribed=self.about(delivered * 0.0026),
        )
        return clicks

    def orders(self, back: int, number: int, definition: str) -> int:
        for _ in range(number):
            amount = round(self.dice.lognormvariate(8.55, 0.5))
            repeat = self.dice.random() < (0.18 if definition == "flow:welcome" else 0.36)
            self.book[f"sample-{len(self.book)}"] = Booking(
                paid=NOON - back * DAY, amount=amount, currency="USD", definition=definition, repeat=repeat
            )
        return number

    def day(self, back: int) -> None:
        day = TODAY - timedelta(days=back)
        row = self.rows[day] = Row()
        season = 1 + 0.25 * (1 - back / 180) + (0.22 if day.weekday() in (4, 5, 6) else 0)
        for name, (_, mean, opened, clicked, converting) in FLOWS.items():
            clicks = self.messages(row, f"flow:{name}", self.about(mean * season), opened, clicked)
            bought = self.orders(back, min(clicks, self.about(clicks * converting)), f"flow:{name}")
            row.definitions[f"flow:{name}"]["ordered"] = bought
            row.skipped[f"flow:{name}"] = Counter(
                no_consent=self.about(9), order_closed=self.about(34) * (name == "unpaid_order")
            )
            if converting:
                row.flows[name] = self.lift(mean * season, converting)
        for name, (_, sent_back, recipients) in CAMPAIGNS.items():
            self.campaign(row, name, back, sent_back, recipients)
        means = {name: MOVES.get(name, 18) for name in SEGMENTS}
        row.moved = {name: [self.about(mean), self.about(mean * 0.86)] for name, mean in means.items()}
        self.orders(back, self.about(210 * season), "")
        row.joined, row.left = (
            self.about(350 * season),
            sum(counts["unsubscribed"] for counts in row.definitions.values()) + self.about(2),
        )
        row.coupons = self.about(300)
        answered = round(row.left * 0.85)
        given = self.dice.choices(list(REASONS), [weight for _, weight in REASONS.values()], k=answered)
        left = {name: counts["unsubscribed"] for name, counts in row.definitions.items() if "confirm" not in name}
        for name, reason in zip(
            self.dice.choices(list(left), [1 + number for number in left.values()], k=answered), given, strict=True
        ):
            row.reasons.setdefault(name, Counter())[reason] += 1
        self.drops[day] = {
            "bad_signature": self.about(2),
            "bot": self.about(60),
            "no_change": self.about(25),
            "unused_topic": self.about(9),
        }

    def campaign(self, row: Row, name: str, back: int, sent_back: int, recipients: int) -> None:
        definition = f"campaign:{name}"
        age = sent_back - back
        if age in (0, 1):
            clicks = self.messages(row, definition, round(recipients * (0.72, 0.28)[age]), 0.33, 0.032)
            row.definitions[definition]["ordered"] = round(clicks * 0.2)
            row.skipped[definition] = Counter(
                no_consent=self.about(160), suppressed=self.about(74), expired=self.about(31)
            )
        if 0 <= age <= 5:
            self.orders(
                back, self.about(recipients * 0.032 * 0.2 * (0.5, 0.25, 0.12, 0.07, 0.04, 0.02)[age]), definition
            )

    def lift(self, entered: float, converting: float) -> list[int]:
        treated, held = self.about(entered), self.about(entered * 0.053)
        ordered, ordered_held = self.about(treated * (0.08 + converting / 20)), self.about(held * 0.08)
        return [treated, ordered, ordered * 5860, held, ordered_held, ordered_held * 5790]


def bundle() -> Bundle:
    """The default playbook's segments and words, and flows and campaigns that look like a store's."""
    settings: dict[str, Any] = {
        "store": {"name": "Aurora Home", "currency": "USD", "timezone": "America/New_York"},
        "unsubscribe_reasons": {key: names for key, (names, _) in REASONS.items()},
    }
    flows = {key: {"name": entry[0]} for key, entry in FLOWS.items()}
    campaigns = {key: {"name": entry[0]} for key, entry in CAMPAIGNS.items()}
    return Bundle("sample", settings, SEGMENTS, flows, campaigns, {}, {}, {}, reasons=read_reasons(DEFAULT)[0])


def make() -> dict[str, dict[str, Any]]:
    sample = Sample(7)
    for back in range(overview.DAYS - 1, -1, -1):
        sample.day(back)
    numbers = overview.Numbers(sample.rows, sample.book, sample.drops, Attention(Counter(PLACES), DEPTHS))
    store = bundle()
    documents = {
        "overview": overview.build(numbers, store, Calendar("America/New_York"), TODAY, 120),
        "customers": customers.build(standing(store.segments, TODAY), sample.rows, store, TODAY),
    }
    return {name: document | {"sample": True} for name, document in documents.items()}


def main() -> None:
    folder = HERE / "metrics" / "sample"
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in make().items():
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n")
    manifest = {
        "version": "sample",
        "generated_at": "2026-11-22T17:00:00.000Z",
        "data_as_of": "2026-11-22T17:00:00.000Z",
        "files": {name: f"metrics/sample/{name}.json" for name in ("overview", "customers")},
    }
    (HERE / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
