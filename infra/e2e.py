"""`make e2e`: the packaged system in an emulator nobody here wrote, and a store's story told to it over HTTP.

MiniStack gets build/package through CloudFormation change sets, as AWS would,
and checks every call against the role that makes it. Then: a sign-up is
confirmed by the link in the mail, a welcome mail follows and is clicked, SES's
feedback settles it, a signed Shopify order is attributed to it, the customer
leaves by one click, and the dashboard's file has the numbers. Waits of the
playbook are taken out, since here nobody can move the clock.

What MiniStack cannot do, and what is done instead, is printed at the end.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from chalicelib import clock
from chalicelib.profile import store as profiles
from cli import deployment
from cli.publish import compile, release
from infra import deploy, interpreters, ministack, package

ADDRESS = "ada@customer.example"
SHOPIFY_SECRET = "e2e-shopify-secret"
PATIENCE = 60  # seconds for anything that goes through a stream and queues
LIMITS = """not shown here, because MiniStack cannot:
- SES tells nothing of its mails, so the delivery is published to the feedback topic by this script in SES's words;
- schedules of 5 minutes and more are too long to wait for, so those functions are invoked with a schedule's event;
- sending a batch to a queue is an action of its own there (sqs:SendMessageBatch), and sending mail is asked of
  every resource instead of the sender's: the roles that may do these on AWS get just that after the deployment;
- it is spoken to without TLS, which the buckets' policies refuse (it enforces that): they are lifted for the story;
- binary replies arrive as base64, so the pixel is compared after decoding;
- alarms, encryption, lifecycles and log retention are taken and not enforced."""


class StoryFailed(Exception):
    """The system did not do what the story says."""


class Story:
    """The deployed system as a shopper, a store and an operator see it."""

    def __init__(self, emulator: ministack.Emulator, outputs: dict[str, str]) -> None:
        self.emulator = emulator
        self.session = emulator.session()
        self.public_url = outputs["ApiUrl"]
        self.base = f"{emulator.url}/_aws/execute-api/{outputs['RestAPIId']}/api"
        cloudformation = self.client("cloudformation")
        found = cloudformation.describe_stack_resources(StackName="dripline")["StackResources"]
        self.names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        os.environ |= emulator.environment()
        self.services = deployment.connect("dripline")

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.emulator.url)

    def http(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
        """Status, headers, body; redirects are not followed. A path may be a link out of a mail."""
        address = self.base + path.removeprefix(self.public_url)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(address, body, named, method=method)
        try:
            with _opener.open(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def form(self, path: str, **fields: str) -> int:
        body = urllib.parse.urlencode(fields).encode()
        return self.http("POST", path, body, Content_Type="application/x-www-form-urlencoded")[0]

    def mail(self, number: int) -> str:
        """The whole text of the n-th mail sent, counted from 1, once it is there."""

        def sent() -> str | None:
            pages = self.emulator.get_json("/_ministack/ses/messages")["messages"].values()
            mails = [mail for page in pages for mail in page]
            return json.dumps(mails[number - 1], ensure_ascii=False) if len(mails) >= number else None

        return _wait(f"mail {number}", sent)

    def link(self, mail: str, purpose: str) -> str:
        found = re.search(re.escape(self.public_url) + rf"/{purpose}/[A-Za-z0-9_=-]+", mail)
        _expect(found is not None, f"a link to /{purpose}/ in the mail")
        assert found is not None
        return found[0]

    def run_schedule(self, function: str) -> None:
        """Invoke a scheduled function with the event that EventBridge sends."""
        event = {"version": "0", "id": "e2e", "source": "aws.events", "detail-type": "Scheduled Event", "account": "",
                 "time": "", "region": ministack.REGION, "resources": [], "detail": {}}  # fmt: skip
        answer = self.client("lambda").invoke(FunctionName=self.names[function], Payload=json.dumps(event))
        said = answer["Payload"].read()[:2000].decode()
        _expect("FunctionError" not in answer, f"{function} without a fault, not {said}")

    def faults(self) -> list[str]:
        """What the functions logged as errors, newest last, for whoever must find out why."""
        logs = self.client("logs")
        events = logs.filter_log_events(logGroupName=self.names["Logs"])["events"]
        texts = [event["message"].strip() for event in events]
        return [text for text in texts if "ERROR" in text or "Traceback" in text or "not authorized" in text]

    def messages(self) -> list[dict[str, Any]]:
        items = self.client("dynamodb").scan(TableName=self.names["AgendaTable"])["Items"]
        return [item for item in items if item["sk"]["S"].startswith("message#")]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _wait(what: str, look: Callable[[], Any]) -> Any:
    for _ in range(PATIENCE * 2):
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise StoryFailed(f"{what} did not come within {PATIENCE} s")


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise StoryFailed(f"expected: {what}")


def tell(story: Story) -> None:
    """The story; raises StoryFailed at the first thing that is not as it should be."""
    _publish_playbook(story)
    _say("playbook published")
    shown = story.http("GET", "/signup")[2]
    stamp = re.search(r'name="stamp" value="([^"]+)"', shown.decode())
    _expect(stamp is not None, "the sign-up form with its signed time")
    time.sleep(3)  # a form sent back at once is shown once more
    assert stamp is not None
    status = story.form("/signup", email=ADDRESS, first_name="Ada", time_zone="Europe/Berlin", stamp=stamp[1])
    _expect(status == 200, f"the sign-up taken, not {status}")
    confirmation = story.mail(1)
    _say("sign-up → stream → fold → flow → outbox → confirmation mail")
    path = story.link(confirmation, "confirm")
    _expect(story.http("GET", path)[0] == 200, "the confirmation page")
    _expect(story.http("POST", path, b"", Content_Type="application/x-www-form-urlencoded")[0] == 200, "confirmed")
    welcome = story.mail(2)
    _expect("WELCOME10" in welcome, "the coupon in the welcome mail")
    _say("confirmation → welcome mail with its coupon")
    _settle_by_feedback(story)
    _say("SES's feedback → topic → queue → message delivered")
    time.sleep(6)  # who follows a link within seconds of its delivery is taken for a gateway that looks first
    status, headers, _ = story.http("GET", story.link(welcome, "c"), User_Agent=BROWSER)
    _expect(status == 302 and headers["Location"].startswith("https://"), f"a redirect, not {status}")
    status, headers, body = story.http(
        "GET", story.link(welcome, "o") + ".gif", User_Agent=BROWSER, Accept="image/webp"
    )
    _expect(status == 200 and base64.b64decode(body)[:3] == b"GIF", "the pixel, for a client that wants image/webp")
    _say("click → redirect; pixel for image/webp")
    time.sleep(1)  # the storefront tells whole seconds: an order in the click's own second would lie before it
    _expect(_order(story, SHOPIFY_SECRET) == 200, "the signed order: 200")
    _expect(_order(story, "wrong") == 401, "the same order signed by a stranger: 401")
    _plan_campaign(story)
    _say("segments computed in slices → segment entered; campaign launched in slices → on the agenda")
    leaving = story.link(welcome, "u")
    _expect(story.http("GET", leaving)[0] == 200 and _consent(story) == "subscribed", "a GET that changes nothing")
    one_click = story.http(
        "POST", leaving, b"List-Unsubscribe=One-Click", Content_Type="application/x-www-form-urlencoded"
    )
    _expect(one_click[0] == 200 and _consent(story) == "unsubscribed", "one click unsubscribes at once")
    _say("signed order taken, forged one refused; unsubscribed by one click")
    row = _wait("the dashboard's file with the order", lambda: _aggregate(story))
    numbers = ", ".join(f"{name} {value}" for name, value in row.items() if isinstance(value, int))
    _expect(row["orders"] == 1 and row["revenue"] == 12000, f"the order, not {numbers}")
    _expect(row["id"] == "other", f"a flow that reached one person to be shown as other, not as {row['id']}")
    credited = json.dumps(story.services.data.get_json("metrics/orders.json"))
    _expect("flow:welcome" in credited, f"the order credited to the welcome, not {credited}")
    _expect(not story.faults(), "no function to log a fault")
    _say(f"order credited to the welcome; dashboard {row['version']}: {numbers}")


BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)


def _publish_playbook(story: Story) -> None:
    """The store's own playbook without the wait before the welcome and without a hold-out."""
    folder = interpreters.ROOT / "build" / "e2e-playbook"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(interpreters.ROOT / "chalicelib" / "playbook", folder)
    _edit(folder / "flows" / "welcome.yaml", r"  - until: .*\n", "")
    _edit(folder / "dripline.yaml", r"holdout: 5%", "holdout: 0%")
    campaign = folder / "campaigns" / "black_friday_2026.yaml"
    day = (clock.now() + timedelta(hours=4)).date()  # a campaign launches five hours before its day begins in UTC
    _edit(campaign, r"audience: .*", "audience: {in: [active], not_in: [unsubscribed]}")
    _edit(campaign, r"at: 2026-11-27 10:00", f"at: {day} 10:00")
    _edit(campaign, r"holdout: 5%", "holdout: 0%")
    release.publish(story.services.data, compile.bundle_of(folder), clock.now())


def _edit(path: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, path.read_text())
    _expect(count == 1, f"one {pattern!r} in {path.name}")
    path.write_text(text)


def _settle_by_feedback(story: Story) -> None:
    """Say of the welcome mail what SES would: delivered."""
    item = next(each for each in story.messages() if each["definition"]["S"] == "flow:welcome")
    tag = f"{item['pk']['S']}.{item['sk']['S'].removeprefix('message#')}"
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    said = {
        "eventType": "Delivery",
        "mail": {"timestamp": now, "messageId": "e2e", "destination": [ADDRESS], "tags": {"dripline_message": [tag]}},
        "delivery": {"timestamp": now, "recipients": [ADDRESS], "smtpResponse": "250 ok"},
    }
    story.client("sns").publish(TopicArn=story.names["FeedbackTopic"], Message=json.dumps(said))
    _wait("the delivery", lambda: any(each["status"]["S"] == "delivered" for each in story.messages()))


def _plan_campaign(story: Story) -> None:
    """The hourly and the five-minute schedule, ahead of their time."""

    def entered() -> bool:
        customer = profiles.find(story.services, "email", ADDRESS)
        return customer is not None and "active" in customer.segments

    def planned() -> bool:
        items = story.client("dynamodb").scan(TableName=story.names["AgendaTable"])["Items"]
        return any(item["sk"]["S"].startswith("run#campaign:black_friday_2026") for item in items)

    story.run_schedule("StartSegments")
    _wait("the segment", entered)
    story.run_schedule("LaunchCampaigns")
    _wait("the campaign's run", planned)


def _order(story: Story, secret: str) -> int:
    """An order paid this second, as the storefront posts it: the answer's status."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    order = {
        "id": 820982911946154508, "order_number": 1234, "email": ADDRESS, "created_at": now, "updated_at": now,
        "processed_at": now, "currency": "USD", "total_price": "120.00", "financial_status": "paid", "test": False,
        "customer": {"id": 115310627314723954, "email": ADDRESS, "first_name": "Ada"},
        "line_items": [{"id": 1, "product_id": 7, "title": "Lamp", "quantity": 1, "price": "120.00"}],
    }  # fmt: skip
    body = json.dumps(order).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    return story.http(
        "POST", "/webhooks/shopify", body, Content_Type="application/json", X_Shopify_Topic="orders/paid",
        X_Shopify_Hmac_Sha256=signature, X_Shopify_Webhook_Id="e2e-1", X_Shopify_Shop_Domain="shop.example",
        X_Shopify_Triggered_At=now,
    )[0]  # fmt: skip


def _consent(story: Story) -> str:
    """The customer's consent to mail, as the profile has it."""
    customer = profiles.find(story.services, "email", ADDRESS)
    return customer.consent_of("email").state if customer else "nobody"


def _aggregate(story: Story) -> dict[str, Any] | None:
    """What the dashboard says once it counts the order, and the segments too; None as long as it does not."""
    story.run_schedule("AggregateMetrics")
    bucket = story.services.dashboard
    manifest = bucket.get_json("manifest.json")
    overview, customers = (
        (bucket.get_json(manifest["files"][name]) if manifest else None) for name in ("overview", "customers")
    )
    if manifest is None or overview is None or customers is None or not customers["counted"]:
        return None
    rows = [row for period in overview["periods"].values() for row in period["current"]["definitions"] if row["orders"]]
    return {"version": manifest["version"], **rows[0]} if rows else None


def _open_doors(story: Story) -> None:
    """What an operator does once: the webhook's secret, the sender's domain; and what `LIMITS` says."""
    secrets = story.client("secretsmanager")
    held = json.loads(secrets.get_secret_value(SecretId=story.names["Secrets"])["SecretString"])
    secrets.put_secret_value(
        SecretId=story.names["Secrets"], SecretString=json.dumps(held | {"webhook_shopify": SHOPIFY_SECRET})
    )
    story.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    for bucket in ("DataBucket", "DashboardBucket"):
        story.client("s3").delete_bucket_policy(Bucket=story.names[bucket])
    iam = story.client("iam")
    for name, role in story.names.items():
        if not name.endswith("Role"):
            continue
        policy = iam.get_role_policy(RoleName=role, PolicyName=f"{name}Policy")["PolicyDocument"]
        for statement in policy["Statement"]:
            more = dict(statement)
            if "sqs:SendMessage" in statement["Action"]:
                more["Action"] = ["sqs:SendMessageBatch"]
            elif "ses:SendEmail" in statement["Action"]:
                more["Resource"] = "*"
            else:
                continue
            allowed = json.dumps({"Version": "2012-10-17", "Statement": [more]})
            iam.put_role_policy(RoleName=role, PolicyName=f"here-{statement['Sid']}", PolicyDocument=allowed)


def _say(what: str) -> None:
    print(f"  {what}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--if-possible", action="store_true", help="say 'skipped' where Python is too old, and succeed")
    parser.add_argument("--packaged", action="store_true", help="take build/package as it is")
    arguments = parser.parse_args()
    python = interpreters.find()
    if python is None:
        print(f"{'skipped' if arguments.if_possible else 'make e2e'}: {interpreters.missing()}")
        return 0 if arguments.if_possible else 1
    try:
        if not arguments.packaged:
            package.make()
        began = time.monotonic()
        with ministack.running(python) as emulator:
            outputs = deploy.deploy(
                emulator.session(), "dripline", {"SenderDomain": "shop.example"}, endpoint=emulator.url
            )
            story = Story(emulator, outputs)
            _open_doors(story)
            _say(f"deployed through CloudFormation: {len(story.names)} resources")
            try:
                tell(story)
            except StoryFailed:
                print("\n".join(["the functions said:", *story.faults()[-8:]]), file=sys.stderr)
                raise
    except (StoryFailed, deploy.DeployFailed, package.PackageRefused) as failure:
        print(f"make e2e: {failure}\n(the emulator's log is build/ministack.log)", file=sys.stderr)
        return 1
    print(f"the story holds, in {time.monotonic() - began:.0f} s\n{LIMITS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
