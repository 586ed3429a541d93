"""A customer's portrait as lines for a terminal; `why` adds the reason of every belief, measure, tag and segment."""

from collections.abc import Iterator
from typing import Any

from cli import portrait_insights
from cli.portrait_words import Words, aligned, moment, padded, started

TIMELINE = 50


def lines(painted: dict[str, Any], words: Words, *, why: bool = False) -> Iterator[str]:
    yield from _head(painted, words)
    yield from _known(painted, words, why)
    yield _counted(words, "tags", painted["tags"])
    for tag in painted["tags"]:
        yield f"  {words.tag(tag)}{words.aside(tag['tag'])}"
        yield f"    {tag['why'][words.language]}"
    yield from portrait_insights.lines(painted["insights"], words, why=why)
    yield from _measures(painted, words, why)
    yield from _shopping(painted, words)
    yield _counted(words, "segments", painted["segments"])
    for segment in painted["segments"]:
        called = words.speech.segment(segment["segment"])
        since = words.say("show_since", at=moment(segment["since"]))
        yield f"  {words.besides(called + words.aside(segment['segment']), since)}"
        yield from (f"    {line}" for line in segment["why"][:-1])
    yield _counted(words, "orders", painted["orders"])
    for order in painted["orders"][:20]:
        number = order["number"] or order["order_id"]
        yield f"  {moment(order['placed_at'])}  {number}  {order['total']}  {words.name('status', order['status'])}"
    yield words.label("timeline")
    for fact in painted["timeline"][:TIMELINE]:
        event, about = started(words.name("event", fact["event"])), words.about(fact["detail"])
        told = words.pair(event, about) if about else event
        yield f"  {moment(fact['at'])}  {told}{words.aside(words.name('source', fact['source']))}"


def _counted(words: Words, label: str, listed: list[Any]) -> str:
    return f"{words.label(label)}{words.aside(str(len(listed)))}"


def _head(painted: dict[str, Any], words: Words) -> Iterator[str]:
    name = f"{painted['first_name']} {painted['last_name']}".strip()
    yield f"{painted['email'] or painted['profile_id']}  {name}".rstrip()
    for label, told in head(painted, words):
        yield f"  {words.pair(label, told)}"
    for channel, consent in painted["consent"].items():
        what = f"{words.label('consent')}{words.aside(words.name('channel', channel))}"
        yield f"  {words.pair(what, consented(consent, words))}"
    if not painted["consent"]:
        yield f"  {words.say('show_no_consent')}"
    for channel, reason in painted["suppressed"].items():
        yield f"  {words.say('show_stopped', channel=channel, stop=reason)}"
    for label, told in wanted(painted, words):
        yield f"  {words.pair(label, told)}"


def head(painted: dict[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    """(label, what is told) of who somebody is, for any kind of page."""
    unknown, zone = words.label("unknown"), painted["zone"]
    language = painted["language"] or unknown
    if painted["language_source"]:
        language += words.aside(words.say("show_from", source=painted["language_source"]))
    origin = words.besides(words.name("confidence", zone["confidence"]), words.say("show_from", source=zone["source"]))
    yield words.label("profile"), painted["profile_id"]
    yield words.label("customer since"), painted["customer_since"][:10]
    yield words.label("country"), painted["country"] or unknown
    yield words.label("language"), language
    yield words.label("time zone"), f"{zone['name']}{words.aside(origin)}"
    for source, register in sorted(zone["evidence"].items()):
        told_by = words.aside(words.name("source", source))
        yield words.label("evidence") + told_by, words.besides(register[2], register[0][:10])
    yield words.label("points"), str(painted["points"])


def consented(consent: dict[str, Any], words: Words) -> str:
    """A channel's consent with its proof, in one line."""
    return words.say(
        "show_consent",
        consent=consent["state"],
        at=moment(consent["since"] or ""),
        source=consent["source"],
        how=consent["how"] if says_how(consent, words) else "",
        wording=worded(consent),
        proof=consent["proof"],
    )


def says_how(consent: dict[str, Any], words: Words) -> bool:
    """Whether the way in which consent was told says more than its source and what it is."""
    way, source = consent["how"], consent["source"]
    if way in ("", "recorded", "withdrawn") or (way, source) == ("told_yes", "store"):
        return False
    return words.name("how", way) != words.name("source", source)


def worded(consent: dict[str, Any]) -> str:
    """The words agreed to; '' where nothing but the source is known of them."""
    return "" if consent["wording"] == consent["source"] else str(consent["wording"])


def wanted(painted: dict[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    """(name, what is told) of what they asked for, what they answered and the coupons they hold."""
    wishes = painted["preferences"]
    for label, wish in ((words.label("wanted topics"), True), (words.label("unwanted topics"), False)):
        if topics := [words.topic(topic) for topic, each in sorted(wishes["topics"].items()) if each is wish]:
            yield label, words.joined(*topics)
    if wishes["frequency"]:
        yield words.label("how often"), words.name("frequency", wishes["frequency"])
    if wishes["paused_until"]:
        yield words.label("paused until"), moment(wishes["paused_until"])
    for channel, reason in painted["unsubscribe_reasons"].items():
        yield f"{words.label('why left')}{words.aside(words.name('channel', channel))}", words.parting(reason)
    for survey, answers in wishes["surveys"].items():
        said = (
            words.pair(words.question(question), words.answer(question, answer))
            for question, answer in answers["said"].items()
        )
        yield f"{words.survey(survey)}{words.aside(answers['at'][:10])}", words.clauses(*said)
    for coupon in painted["coupons"]:
        until = words.say("show_until", at=moment(coupon["expires_at"]))
        yield words.label("coupon"), f"{coupon['code']}{words.aside(coupon['offer'], until)}"


def _known(painted: dict[str, Any], words: Words, why: bool) -> Iterator[str]:
    yield _counted(words, "known", painted["known"])
    for each in painted["known"]:
        yield f"  {words.pair(words.question(each['key']), believed(each['key'], each, words))}"
        if why and each["why"]:
            yield f"    {each['why'][words.language]}"
        for other in each["beside"] if why else ():
            yield f"    {words.pair(words.label('beside'), believed(each['key'], other, words))}"
            if other["why"]:
                yield f"      {other['why'][words.language]}"


def believed(key: str, belief: dict[str, Any], words: Words) -> str:
    told = "show_told" if belief["explicit"] else "show_concluded"
    origin = words.say(told, **{name: belief[name] for name in ("source", "confidence")}, at=belief["at"][:10])
    return f"{words.answer(key, belief['value'])}{words.aside(origin)}"


def _measures(painted: dict[str, Any], words: Words, why: bool) -> Iterator[str]:
    yield words.label("measured")
    before = words.label("before that")
    for each in painted["measures"]:
        resting = words.say("show_rests_on", number=each["occurrences"]) if why else ""
        yield (
            f"  {padded(words.name('figure', each['name']), 36)} {aligned(words.measure(each, 'value'), 14)}  "
            f"{before} {aligned(words.measure(each, 'before'), 14)}  {words.besides(trend(each, words), resting)}"
        )


def trend(measure: dict[str, Any], words: Words) -> str:
    ratio = f" ×{measure['ratio']:g}" if measure["ratio"] is not None else ""
    return words.name("trend", measure["trend"]) + ratio


def _shopping(painted: dict[str, Any], words: Words) -> Iterator[str]:
    held = painted["cart"]
    if held:
        since = words.say("show_since", at=moment(held["at"]))
        content = words.joined(*(f"{line['quantity']} × {line['title']}" for line in held["lines"]), held["total"])
        yield words.pair(f"{words.label('cart')}{words.aside(since)}", content)
    yield _counted(words, "wish-list", painted["wishes"])
    for wish in painted["wishes"]:
        yield f"  {wish['at'][:10]}  {wish['title'] or wish['product_id']}  {wish['price']}".rstrip()
    yield _counted(words, "lately", painted["recent"])
    for act in painted["recent"][:10]:
        stayed = words.say("show_seconds", number=act["seconds"]) if act["seconds"] else ""
        told = words.pair(started(words.name("act", act["kind"])), act["about"])
        yield f"  {moment(act['at'])}  {told}{words.aside(act['price'], stayed)}"
