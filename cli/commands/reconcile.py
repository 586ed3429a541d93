"""`dripline reconcile <platform>`: what the store's webhooks lost, asked for at the store."""

import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import click

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.collect.intake import PLATFORMS
from chalicelib.errors import BadInput, BadPlaybook, DriplineError
from chalicelib.playbook import bundle
from cli.deployment import STACK_HELP, connect, stack_option
from cli.reconcile import shoplazza, shopline, woocommerce
from cli.reconcile.missing import Report, reconcile
from cli.reconcile.shopify import parts as shopify
from cli.reconcile.shopify.admin import Admin
from cli.reconcile.told import PARTS, Told
from cli.reconcile.web import Https, host_of

CREDENTIAL = {
    "shopify": "`client id:client secret` of an app in Shopify's Dev Dashboard, or an Admin API access token",
    "woocommerce": "a REST API key that may read, as `consumer key:consumer secret`",
    "shopline": "an access token of an app installed in the store",
    "shoplazza": "an access token of an app installed in the store",
}
READS = {"woocommerce": woocommerce.read, "shopline": shopline.read, "shoplazza": shoplazza.read}
PARTS_OF = {
    "shopify": PARTS,
    "woocommerce": woocommerce.PARTS,
    "shopline": shopline.PARTS,
    "shoplazza": shoplazza.PARTS,
}
PLACES = {
    "shopify": ("Shopify", "myshopify.com"),
    "shopline": ("SHOPLINE", "myshopline.com"),
    "shoplazza": ("Shoplazza", "myshoplaza.com"),
}
"""Where a platform's shops have an address of their own, which alone is sent the credential."""
_HELP = f"""Ask the store for everything that changed since a time, and write what its webhooks lost: each fact once,
as the webhook would have told it. Safe to run at any time and as often as you like; what was deleted is not told.

\b
Parts, one after another; --only takes some of them:
  shopify      {", ".join(PARTS)} (abandoned ones)
  woocommerce  {", ".join(woocommerce.PARTS)}
  shopline     {", ".join(shopline.PARTS)}
  shoplazza    {", ".join(shoplazza.PARTS)}

\b
The credential is never given on the command line. It is read from the environment, such as DRIPLINE_STORE_API_SHOPIFY,
or from the stack's secret, such as under store_api_shopify:
  shopify      {CREDENTIAL["shopify"]}
  woocommerce  {CREDENTIAL["woocommerce"]}
  shopline     {CREDENTIAL["shopline"]}
  shoplazza    {CREDENTIAL["shoplazza"]}

\b
Shopify's app needs the scopes read_orders, read_customers, read_products, read_inventory and read_locations, and
read_all_orders for orders of more than 60 days ago.

{STACK_HELP}
"""


@click.command("reconcile", help=_HELP)
@click.argument("platform", type=click.Choice(sorted(PARTS_OF)))
@stack_option
@click.option("--since", required=True, metavar="TIME", help="7d, 36h, 2026-11-01 or 2026-11-01T10:00:00Z (UTC).")
@click.option("--only", multiple=True, type=click.Choice(PARTS), help="A part; may be given several times.")
@click.option("--shop", default="", help="The shop's address: but for WooCommerce, its own at the platform.")
@click.option("--dry-run", is_flag=True, help="Compare and count; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def reconcile_store(
    platform: str, stack: str, since: str, only: tuple[str, ...], shop: str, dry_run: bool, as_json: bool
) -> None:
    now = clock.now()
    start = read_since(since, now)
    asked = parts_of(platform, only)
    services = connect(stack)
    settings = _settings(services, now)
    host = shop_of(platform, shop, settings)
    told = _ask(platform, Https(host), credential_of(services, platform), start, asked, now)
    report = Report(dry_run=dry_run)
    try:
        reconcile(
            services,
            PLATFORMS[platform],
            platform,
            told,
            report,
            shop=host,
            settings=settings,
            now=now,
            on_block=lambda: _show_progress(report),
        )
    except (DriplineError, KeyboardInterrupt) as fault:
        rest = "\n".join(going_on(platform, shop, start, asked, report))
        raise DriplineError(f"{str(fault) or 'interrupted'}{rest and f'. Go on with:{chr(10)}{rest}'}") from None
    finally:
        if sys.stderr.isatty():
            click.echo("", err=True)
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        for line in lines(report):
            click.echo(line)


def _ask(
    platform: str, web: Https, credential: str, since: datetime, asked: tuple[str, ...], now: datetime
) -> Iterator[Told]:
    if platform == "shopify":
        return shopify.read(Admin(web, credential), since, asked, now)
    return READS[platform](web, credential, since, asked)


def read_since(text: str, now: datetime) -> datetime:
    """An instant, a date (its beginning in UTC), or so many days or hours ago. Raises BadInput."""
    ago = re.fullmatch(r"([1-9][0-9]{0,3})([dh])", text)
    if ago:
        return now - timedelta(**{"days" if ago[2] == "d" else "hours": int(ago[1])})
    try:
        found = clock.parse(f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text)
    except BadInput:
        raise BadInput(f"not a time such as 7d, 36h or 2026-11-01: {text}") from None
    if found >= now:
        raise BadInput("--since lies in the future")
    return found


def parts_of(platform: str, only: tuple[str, ...]) -> tuple[str, ...]:
    """The parts to ask for, in their order. Raises BadInput for one that the platform has not."""
    there = PARTS_OF[platform]
    for part in only:
        if part not in there:
            raise BadInput(f"{platform} is asked for {', '.join(there)}, not for {part}")
    return tuple(part for part in there if not only or part in only)


def shop_of(platform: str, shop: str, settings: dict[str, Any]) -> str:
    """The host that is asked, and sent the credential. Raises DriplineError for none, or one not of the platform."""
    store = settings.get("store", {})
    if platform not in PLACES:
        return host_of(shop or str(store.get("url", "")))
    listed = store.get(f"{platform}_shops") or []
    named = shop or (str(listed[0]) if len(listed) == 1 else "")
    host = host_of(named).lower() if named else ""
    name, domain = PLACES[platform]
    if not re.fullmatch(rf"[a-z0-9][a-z0-9-]{{0,62}}\.{re.escape(domain)}", host):
        raise DriplineError(f"name the shop's own address at {name}, such as --shop aurora.{domain}")
    return host


def credential_of(services: Services, platform: str) -> str:
    """From the environment, else from the stack's secret. Raises DriplineError when neither has a usable one."""
    found = os.environ.get(f"DRIPLINE_STORE_API_{platform.upper()}") or services.secrets.of_store_api(platform)
    found = found.strip()
    if not found or not found.isascii() or not found.isprintable():
        raise DriplineError(f"no usable store_api_{platform} in the stack's secret; it needs {CREDENTIAL[platform]}")
    return found


def _settings(services: Services, now: datetime) -> dict[str, Any]:
    try:
        return bundle.load(services.data, now).settings
    except BadPlaybook:
        return {}


def _show_progress(report: Report) -> None:
    """Where a person watches: which part, how many, and up to which change."""
    if sys.stderr.isatty():
        upto = f", up to {report.reached:%Y-%m-%d %H:%M}" if report.reached else ""
        click.echo(f"\r{report.part}: {report.parts[report.part].asked}{upto}\x1b[K", err=True, nl=False)


def going_on(platform: str, shop: str, since: datetime, asked: tuple[str, ...], report: Report) -> list[str]:
    """The commands that do what is left; what was compared is not asked for again where the order allows it."""
    if not report.part:
        return []
    named = f" --shop {shop}" if shop else ""
    left = asked[asked.index(report.part) + 1 :]
    rounds = [((report.part,), report.reached or since), *([(left, since)] if left else [])]
    return [
        f"dripline reconcile {platform}{named} --since {clock.to_text(start)} {' '.join(f'--only {p}' for p in parts)}"
        for parts, start in rounds
    ]


def lines(report: Report) -> list[str]:
    """The report for a person."""
    told = ["dry run: nothing was written"] if report.dry_run else []
    for part, count in report.parts.items():
        told.append(f"{part}: {count.asked} asked for, {count.lost} were lost, {count.stale} had newer content")
        if count.unusable:
            told.append(f"  {count.unusable} told nothing, such as drafts or what names nobody")
    told += [f"  {name}: {number}" for name, number in sorted(report.written.items())]
    if report.lost_orders:
        lost = report.parts["orders"].lost - len(report.lost_orders)
        told.append(f"lost orders: {', '.join(report.lost_orders)}" + (f" and {lost} more" if lost > 0 else ""))
    if report.kept:
        told.append(f"{report.kept} consents were left alone: the person has unsubscribed here")
    return told or ["nothing changed since then"]


commands: list[click.Command] = [reconcile_store]
