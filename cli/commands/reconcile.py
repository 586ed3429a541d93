"""`dripline reconcile shopify|woocommerce`: what the store's webhooks lost, asked for at the store."""

import json
import os
import re
from datetime import datetime, timedelta
from typing import Any

import click

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.collect.intake import PLATFORMS
from chalicelib.errors import BadInput, BadPlaybook, DriplineError
from chalicelib.playbook import bundle
from cli.deployment import STACK_HELP, connect, stack_option
from cli.reconcile import stores
from cli.reconcile.missing import Report, reconcile
from cli.reconcile.web import Https, host_of

STORES = {"shopify": stores.shopify, "woocommerce": stores.woocommerce}
CREDENTIAL = {
    "shopify": "an Admin API access token with read_orders (and read_all_orders beyond 60 days)",
    "woocommerce": "a REST API key that may read, as consumer key:consumer secret",
}
_HELP = f"""Ask the store for every order it changed since a time, and write what its webhooks lost: each fact once,
as the webhook would have told it. Safe to run at any time and as often as you like.

\b
The credential is never given on the command line. It is read from the environment, DRIPLINE_STORE_API_SHOPIFY or
DRIPLINE_STORE_API_WOOCOMMERCE, or from the stack's secret, under store_api_shopify or store_api_woocommerce:
  shopify      {CREDENTIAL["shopify"]}
  woocommerce  {CREDENTIAL["woocommerce"]}

{STACK_HELP}
"""


@click.command("reconcile", help=_HELP)
@click.argument("platform", type=click.Choice(sorted(STORES)))
@stack_option
@click.option("--since", required=True, metavar="TIME", help="7d, 36h, 2026-11-01 or 2026-11-01T10:00:00Z (UTC).")
@click.option("--shop", default="", help="The shop's address, such as aurora.myshopify.com; else the store's own url.")
@click.option("--dry-run", is_flag=True, help="Compare and count; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def reconcile_orders(platform: str, stack: str, since: str, shop: str, dry_run: bool, as_json: bool) -> None:
    now = clock.now()
    start = read_since(since, now)
    services = connect(stack)
    settings = _settings(services, now)
    web = Https(host_of(shop or str(settings.get("store", {}).get("url", ""))))
    told = STORES[platform](web, credential_of(services, platform), start)
    report = reconcile(services, PLATFORMS[platform], platform, told, settings=settings, now=now, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        for line in lines(report):
            click.echo(line)


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


def credential_of(services: Services, platform: str) -> str:
    """From the environment, else from the stack's secret. Raises DriplineError when neither has it."""
    found = os.environ.get(f"DRIPLINE_STORE_API_{platform.upper()}") or services.secrets.of_store_api(platform)
    if not found:
        raise DriplineError(f"no store_api_{platform} in the stack's secret; it needs {CREDENTIAL[platform]}")
    return found


def _settings(services: Services, now: datetime) -> dict[str, Any]:
    try:
        return bundle.load(services.data, now).settings
    except BadPlaybook:
        return {}


def lines(report: Report) -> list[str]:
    """The report for a person."""
    told = [f"{report.orders} orders asked for, {report.lost} were lost, {report.stale} had newer content"]
    if report.dry_run:
        told[0] += " (dry run: nothing was written)"
    told += [f"  {name}: {number}" for name, number in sorted(report.written.items())]
    if report.lost_orders:
        more = f" and {report.lost - len(report.lost_orders)} more" if report.lost > len(report.lost_orders) else ""
        told.append(f"lost: {', '.join(report.lost_orders)}{more}")
    if report.unusable:
        told.append(f"{report.unusable} told nothing (drafts, or orders without customer or amount)")
    return told


commands: list[click.Command] = [reconcile_orders]
