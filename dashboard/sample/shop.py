"""The invented store's customers: sizes of segments by day, groups, stages, and what its predictions would rest on."""

import random
from datetime import date, timedelta
from typing import Any

from chalicelib.measure.customers import DAYS
from chalicelib.measure.standing import Standing

CUSTOMERS = 84_300
SHARES = {
    "active": 0.44,
    "dormant": 0.31,
    "engaged_14d": 0.17,
    "engaged_30d": 0.25,
    "engaged_60d": 0.34,
    "engaged_90d": 0.4,
    "zombies": 0.031,
    "inactive_in_mail": 0.12,
    "top_fifth": 0.074,
    "vip": 0.021,
    "at_risk_vip": 0.0062,
    "rfm_champions": 0.061,
    "rfm_loyal": 0.072,
    "rfm_recent": 0.069,
    "rfm_at_risk": 0.048,
    "rfm_needs_attention": 0.053,
    "rfm_inactive": 0.066,
    "rfm_rising": 0.011,
    "rfm_falling": 0.014,
    "stage_new": 0.081,
    "stage_active": 0.072,
    "stage_nurture": 0.063,
    "stage_at_risk": 0.049,
    "stage_churned": 0.104,
    "europe": 0.27,
    "north_america": 0.58,
    "asia_pacific": 0.09,
    "birthday_soon": 0.00007,
}
GROUPS = {"champions": 5142, "loyal": 6070, "recent": 5816, "needs_attention": 4468, "at_risk": 4046, "inactive": 5564}
STAGES = {"new": 6830, "active": 6070, "nurture": 5310, "at_risk": 4130, "churned": 8767}
RUN = "2026-11-22T08:00:00.000Z"


def standing(segments: dict[str, Any], today: date) -> Standing:
    dice = random.Random(11)
    shares = {name: SHARES.get(name, dice.uniform(0.008, 0.09)) for name in segments}
    drift = {name: dice.uniform(-0.14, 0.3) for name in segments}
    days = {}
    for back in range(DAYS - 1, -1, -1):
        grown = 1 - 0.11 * back / DAYS
        days[str(today - timedelta(days=back))] = {
            "customers": round(CUSTOMERS * grown),
            "sizes": {
                name: round(CUSTOMERS * share * grown * (1 - drift[name] * back / DAYS) * dice.gauss(1, 0.006))
                for name, share in shares.items()
            },
            "stage": {
                name: round(number * (1 - 0.14 * back / DAYS) * dice.gauss(1, 0.004)) for name, number in STAGES.items()
            },
            "best": round(0.612 - 0.00021 * back + dice.gauss(0, 0.001), 4),
        }
    newest = days[str(today)]
    reached = {name: dice.uniform(0.45, 0.83) for name in segments}
    now = newest | {
        "email": {name: round(newest["sizes"][name] * share) for name, share in reached.items()} | {"": 52_410},
        "sms": {name: round(newest["sizes"][name] * share * 0.14) for name, share in reached.items()} | {"": 6_120},
        "rfm": GROUPS,
    }
    now["email"]["unsubscribed"] = now["sms"]["unsubscribed"] = 0
    since = {"silence": "2026-10-09", "hours": "2026-08-30", "purchases": "2026-10-27", "response": "2026-11-18"}
    chosen = {name: str(card.get("chosen", "learnt")) for name, card in CARDS.items()}
    return Standing(
        days, now, RUN, CARDS, {name: [choice, since.get(name, "2026-07-02")] for name, choice in chosen.items()}
    )


def _card(measure: str, rows: int, judged: dict[str, tuple[float, float, float]], chosen: str, **more: Any) -> Any:
    names = ("figure", "gain", "error")
    return {
        "measure": measure,
        "chosen": chosen,
        "fallback": next(iter(judged)),
        "rows": rows,
        "judged_on": ["2026-09-23", "2026-11-22"],
        "candidates": {name: dict(zip(names, figures, strict=True)) for name, figures in judged.items()},
        "as_of": RUN,
        "customers": CUSTOMERS,
        **more,
    }


def _blank(key: str, **figures: float) -> Any:
    return {"blank": [key, figures], "as_of": RUN, "customers": CUSTOMERS}


CARDS: dict[str, Any] = {
    "silence": _card(
        "area under the curve",
        28_140,
        {
            "recency": (0.7412, 0, 0),
            "BG/NBD": (0.7633, 0.0221, 0.0031),
            "MBG/NBD": (0.7688, 0.0276, 0.0029),
            "logistic": (0.8034, 0.0622, 0.0038),
        },
        "logistic",
    ),
    "purchases": _card(
        "Poisson deviance",
        27_310,
        {"own rate": (1.318, 0, 0), "BG/NBD": (1.091, 0.227, 0.014), "MBG/NBD": (1.084, 0.234, 0.014)},
        "MBG/NBD",
        order_value=_card(
            "mean error",
            4_830,
            {"everybody's mean": (31.2, 0, 0), "own and middle, 2": (26.9, 4.3, 0.41)},
            "own and middle, 2",
        ),
    ),
    "refill": _blank("too_few_repeats", have=61, need=100) | {"due": _blank("too_few_due", have=23, need=50)},
    "refill_product": _blank("too_few_repeats", have=18, need=100) | {"due": _blank("too_few_due", have=11, need=50)},
    "response": _card(
        "area under the curve",
        3_960,
        {"share used": (0.664, 0, 0), "ranks": (0.671, 0.007, 0.006), "logistic": (0.702, 0.038, 0.009)},
        "logistic",
    ),
    "hours": _card("within an hour", 9_420, {"everybody's": (0.171, 0, 0), "own": (0.264, 0.093, 0.004)}, "own"),
    "shelf": {
        "new": _card(
            "recall at 10",
            3_180,
            {"popular": (0.052, 0, 0), "EASE 300": (0.061, 0.009, 0.002), "EASE 1000 log": (0.064, 0.012, 0.002)},
            "EASE 1000 log",
        ),
        "again": _card(
            "recall at 10",
            2_010,
            {"own, half-life 60 d": (0.412, 0, 0), "own and EASE, half-life 60 d": (0.414, 0.002, 0.003)},
            "own, half-life 60 d",
        ),
    },
    "rfm": {"rows": 31_106, "as_of": RUN, "customers": CUSTOMERS},
    "stage": {
        "rows": 11_210,
        "ranges": [[38.0, 61.0], [84.0, 137.0], [176.0, 268.0]],
        "as_of": RUN,
        "customers": CUSTOMERS,
    },
    "value": _card(
        "later spending captured",
        31_106,
        {
            "all spending alike": (0.511, 0, None),
            "half-life 60 d": (0.498, -0.013, None),
            "half-life 90 d": (0.527, 0.016, None),
            "half-life 180 d": (0.523, 0.012, None),
        },
        "half-life 90 d",
        share=0.612,
        kept=0.547,
        captured=0.527,
    ),
    "tags_category": {"reliability": 0.71, "as_of": RUN},
    "tags_brand": {"reliability": 0.58, "as_of": RUN},
    "tags_discount": {"reliability": 0.52, "as_of": RUN},
    "tags_coupon": {"reliability": 0.63, "as_of": RUN},
    "tags_hour": {"reliability": 0.49, "as_of": RUN},
    "tags_price": _blank("unreliable", reliability=0.21, needed=0.4),
    "tags_holiday": _blank("unreliable", reliability=0.04, needed=0.4),
    "tags_shipping": _blank("seldom", needed=50),
    "tags_channel": _blank("too_few_customers", customers=31, days=5, needed=50),
}
