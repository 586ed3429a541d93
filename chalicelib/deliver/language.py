"""The template language: Liquid, cut down to what a mail needs, and limited.

A template sees only the plain values of VOCABULARY; there is nothing to walk,
call or include. Tags and filters are a closed list. Customer text is data: it
is never parsed as Liquid, and in HTML it is escaped. python-liquid is imported
when the first mail is rendered.

Unknown names are refused when a playbook is published (`strict=True`) and
come out empty when a mail is sent, because a mail that waits must not fail.
"""

from functools import cache, lru_cache
from typing import Any, Protocol

from chalicelib.errors import DriplineError

OUTPUT_LIMIT = 256 * 1024  # bytes of one part
LOOP_LIMIT = 2_000  # rounds of all loops of one part together
LOCALS_LIMIT = 64 * 1024  # bytes in variables a template assigns itself

VOCABULARY = {
    "customer.first_name": "empty when unknown, or when it does not look like a name",
    "customer.points": "points the customer has",
    "store.name": "",
    "store.url": "the store's home page; a link",
    "store.postal_address": "",
    "order.number": "as the store shows it",
    "order.total": "with its currency",
    "order.pay_url": "where this order is paid; a link. A template that has it is not sent once the order is paid",
    "order.lines": "up to 20; of each: title, quantity, price, total",
    "order.more_lines": "how many lines are left out of order.lines",
    "coupon.code": "a template that has it is not sent without a valid coupon",
    "coupon.value": "15% or an amount with its currency",
    "coupon.expires_on": "a day, in words of the language",
    "points.granted": "points given with this message",
    "unsubscribe_url": "leave these mails; required in every marketing template",
    "preferences_url": "the recipient's preferences: topics, frequency, pause, channels, language",
    "survey_url": "the survey that dripline.yaml names under signup, answered as this recipient",
    "confirm_url": "confirm a sign-up; a template that has it goes only to those who have not confirmed yet",
    "pixel_url": "set when opens may be counted",
}
LINE_WORDS = ("title", "quantity", "price", "total")
LINKS = ("store.url", "order.pay_url")
"""Names whose value leads to the store; `| link` makes them count clicks."""
OWN_LINKS = ("unsubscribe_url", "preferences_url", "survey_url", "confirm_url", "pixel_url")


class TemplateFault(DriplineError):
    """A template that cannot be parsed, or broke its limits while rendering."""


class LinkMaker(Protocol):
    def make(self, url: str) -> str:
        """The link to put in the mail for a page of the store."""


@cache
def environment(*, escaped: bool, strict: bool = False) -> Any:
    """The Liquid environment: `escaped` for HTML, not for subjects and text."""
    from liquid import Environment, StrictUndefined, Undefined
    from liquid.builtin.content import Literal
    from liquid.builtin.filters.math import minus, plus
    from liquid.builtin.filters.misc import default, size
    from liquid.builtin.filters.string import capitalize, downcase, strip, truncate, upcase
    from liquid.builtin.illegal import Illegal
    from liquid.builtin.output import Output
    from liquid.builtin.tags.assign_tag import AssignTag
    from liquid.builtin.tags.case_tag import CaseTag
    from liquid.builtin.tags.comment_tag import CommentTag
    from liquid.builtin.tags.for_tag import BreakTag, ForTag
    from liquid.builtin.tags.if_tag import IfTag
    from liquid.builtin.tags.unless_tag import UnlessTag

    class MailEnvironment(Environment):
        output_stream_limit = OUTPUT_LIMIT
        loop_iteration_limit = LOOP_LIMIT
        local_namespace_limit = LOCALS_LIMIT
        block_nesting_limit = 12

        def setup_tags_and_filters(self, *, extra: bool = False) -> None:
            for tag in (
                Literal,
                Illegal,
                Output,
                AssignTag,
                CaseTag,
                CommentTag,
                ForTag,
                BreakTag,
                IfTag,
                UnlessTag,
            ):
                self.add_tag(tag)
            for name, function in {
                "capitalize": capitalize,
                "default": default,
                "downcase": downcase,
                "minus": minus,
                "plus": plus,
                "size": size,
                "strip": strip,
                "truncate": truncate,
                "upcase": upcase,
                "link": _link,
            }.items():
                self.add_filter(name, function)

    return MailEnvironment(undefined=StrictUndefined if strict else Undefined, autoescape=escaped)


def _link(value: object, *, context: Any) -> str:
    maker: LinkMaker = context.globals["link_maker"]
    return maker.make(str(value))


_link.with_context = True  # type: ignore[attr-defined]  # how python-liquid is asked to pass the context


@lru_cache(maxsize=128)
def _parsed(source: str, escaped: bool, strict: bool) -> Any:
    from liquid.exceptions import LiquidError

    try:
        return environment(escaped=escaped, strict=strict).from_string(source)
    except LiquidError as fault:
        raise TemplateFault(str(fault)) from fault


def fill(source: str, values: dict[str, Any], links: LinkMaker, *, escaped: bool, strict: bool = False) -> str:
    """Render one part. Raises TemplateFault for what does not parse or breaks a limit."""
    from liquid.exceptions import LiquidError

    try:
        return str(_parsed(source, escaped, strict).render(**values, link_maker=links))
    except LiquidError as fault:
        raise TemplateFault(str(fault)) from fault


def forget() -> None:
    """Drop parsed templates (after a publish in the same process)."""
    _parsed.cache_clear()
