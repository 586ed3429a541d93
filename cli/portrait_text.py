"""A customer's portrait as lines for a terminal; `why` adds the reason of every belief, measure, tag and segment."""

from collections.abc import Iterator
from typing import Any

from cli import portrait_insights

TIMELINE = 50
SUBJECTS = ("segment", "flow", "campaign", "title", "query", "subject", "code", "number", "order_id", "product_id")
"""Of a fact's details the first that there is says what it is about."""


def lines(painted: dict[str, Any], *, why: bool = False, language: str = "en") -> Iterator[str]:
    yield from _head(painted)
    yield from _known(painted, why)
    yield f"tags ({len(painted['tags'])})"
    for tag in painted["tags"]:
        yield f"  {tag['tag']}  {tag['name'][language]}"
        yield f"    {tag['why'][language]}"
    yield from portrait_insights.lines(painted["insights"], why=why, language=language)
    yield "measures, last 90 days against the 90 before"
    for each in painted["measures"]:
        ratio = f" ×{each['ratio']}" if each["ratio"] is not None else ""
        resting = f", rests on {each['occurrences']}" if why else ""
        yield f"  {each['name']:<24} {each['value']:>14}  before {each['before']:>14}  {each['trend']}{ratio}{resting}"
    yield from _shopping(painted)
    yield f"segments ({len(painted['segments'])})"
    for segment in painted["segments"]:
        called = segment["name"].get(language) or next(iter(segment["name"].values()))
        yield f"  {segment['segment']} ({called}) since {segment['since']}"
        yield from (f"    {line}" for line in segment["why"])
    yield f"orders ({len(painted['orders'])})"
    for order in painted["orders"][:20]:
        number = order["number"] or order["order_id"]
        yield f"  {order['placed_at']}  {number}  {order['total']}  {order['status']}"
    yield "timeline, newest first"
    for fact in painted["timeline"][:TIMELINE]:
        yield f"  {fact['at']}  {fact['event']}{_subject(fact['detail'])}  ({fact['source']})"


def _head(painted: dict[str, Any]) -> Iterator[str]:
    name = f"{painted['first_name']} {painted['last_name']}".strip()
    yield f"{painted['email'] or painted['profile_id']}  {name}".rstrip()
    yield f"  profile {painted['profile_id']}, customer since {painted['customer_since']}"
    source = f" (from {painted['language_source']})" if painted["language_source"] else ""
    yield f"  country {painted['country'] or 'unknown'}, language {painted['language'] or 'unknown'}{source}"
    zone = painted["zone"]
    yield f"  time zone {zone['name']} ({zone['confidence']}, from {zone['source']})"
    for source, register in sorted(zone["evidence"].items()):
        yield f"    {source}: {register[2]} at {register[0]}"
    for channel, consent in painted["consent"].items():
        since = f" since {consent['since']}" if consent["since"] else ""
        proof = f"; proof {consent['proof']}, “{consent['wording']}”, {consent['source']}" if consent["proof"] else ""
        yield f"  consent for {channel}: {consent['state']}{since}{proof}"
    if not painted["consent"]:
        yield "  no consent on record: nothing is sent but what an order needs"
    for channel, reason in painted["suppressed"].items():
        yield f"  nothing is sent by {channel}: {reason}"
    wishes = painted["preferences"]
    for topic, wanted in sorted(wishes["topics"].items()):
        yield f"  topic {topic}: {'wanted' if wanted else 'not wanted'}"
    if wishes["frequency"]:
        yield f"  wishes to hear {wishes['frequency']}"
    if wishes["paused_until"]:
        yield f"  paused until {wishes['paused_until']}"


def _known(painted: dict[str, Any], why: bool) -> Iterator[str]:
    yield f"known ({len(painted['known'])})"
    for each in painted["known"]:
        yield f"  {each['key']}: {_belief(each)}"
        if why:
            yield from (f"    {text}" for text in each["why"].values())
        for other in each["beside"] if why else ():
            yield f"    beside: {_belief(other)}"
            yield from (f"      {text}" for text in other["why"].values())


def _belief(belief: dict[str, Any]) -> str:
    told = "told by" if belief["explicit"] else "concluded from"
    return f"{belief['value']} ({told} {belief['source']}, {belief['at'][:10]}, {belief['confidence']})"


def _subject(detail: dict[str, Any]) -> str:
    subject = next((detail[each] for each in SUBJECTS if detail.get(each)), "")
    return f": {subject}" if subject else ""


def _shopping(painted: dict[str, Any]) -> Iterator[str]:
    held = painted["cart"]
    if held:
        content = ", ".join(f"{line['quantity']} × {line['title']}" for line in held["lines"])
        yield f"cart since {held['at']}: {content} {held['total']}".rstrip()
    yield f"wish-list ({len(painted['wishes'])})"
    for wish in painted["wishes"]:
        yield f"  {wish['at'][:10]}  {wish['title'] or wish['product_id']}  {wish['price']}".rstrip()
    yield f"in the store lately ({len(painted['recent'])})"
    for act in painted["recent"][:10]:
        seconds = f"  {act['seconds']} s" if act["seconds"] else ""
        yield f"  {act['at']}  {act['kind']}  {act['about']}  {act['price']}{seconds}".rstrip()
