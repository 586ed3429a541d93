"""The local cloud: the deployed resources in moto, the real app, and time that a caller moves.

Everything runs in this process and through the functions `app.py` registers;
no AWS account is reached, and nothing outside the process is. Refuses to start
twice in one process, because moto and the clock are process-wide.
"""

import importlib
import os
import sys
import threading
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from chalicelib import clock, settings
from chalicelib.aws import clients
from chalicelib.aws.bucket import Bucket
from chalicelib.aws.queue import Queue
from chalicelib.aws.services import Services
from chalicelib.aws.services import services as shared_services
from chalicelib.playbook import bundle
from cli.local import resources, triggers
from cli.local.dynamodb import REGION, InProcessDynamodb
from cli.local.feedback import PostOffice
from cli.local.pump import Context, DeadLetter, Pump
from cli.local.queues import InProcessSqs
from cli.local.simulated_clock import SimulatedClock
from cli.local.storage import InProcessS3

MINUTE = timedelta(minutes=1)
SECRETS = {
    "link_key_1": "local cloud only: this key signs nothing real",
    "webhook_shopify": "local-shopify-secret",
    "webhook_woocommerce": "local-woocommerce-secret",
    "webhook_shopline": "local-shopline-secret",
    "webhook_shoplazza": "local-shoplazza-secret",
    "webhook_generic": "local-generic-secret",
    "api_key_local": "local-server-key-no-secret",
}


class LocalCloud:
    """A context manager. `stretch` names schedules that run less often than on AWS, so that weeks fit a minute.

    The schedule that sweeps the agenda is asked only in minutes in which
    something on the agenda is due: in all others it would find nothing.
    """

    def __init__(
        self,
        start: datetime,
        *,
        public_url: str = "https://mail.shop.example/api",
        stretch: Mapping[str, timedelta] | None = None,
    ) -> None:
        self.clock = SimulatedClock(start)
        self.lock = threading.RLock()
        self.standing: set[str] = set()
        """Handlers that stand still, as when an operator switches off a trigger; their records wait."""
        self._public_url = public_url
        self._stretch = dict(stretch or {})
        self._environment: dict[str, str] = {}

    def __enter__(self) -> "LocalCloud":
        from moto import mock_aws

        self._environment = dict(os.environ)
        for name in list(os.environ):
            if name.startswith(("AWS_", "DRIPLINE_")):
                del os.environ[name]
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "POWERTOOLS_LOG_LEVEL": os.environ.get("POWERTOOLS_LOG_LEVEL", "ERROR"),
            "POWERTOOLS_METRICS_DISABLED": "true",
        }
        self._mock = mock_aws()
        self._mock.start()
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self._mock.stop()
        clock.set_source(None)
        os.environ.clear()
        os.environ.update(self._environment)
        _forget()

    def _build(self) -> None:
        import json

        import boto3

        os.environ |= resources.create() | {"DRIPLINE_PUBLIC_URL": self._public_url}
        boto3.client("secretsmanager").put_secret_value(
            SecretId=settings.secrets_name(), SecretString=json.dumps(SECRETS)
        )
        _forget()
        self.clock.install()
        self.services: Services = shared_services()
        self.dynamodb = InProcessDynamodb()
        self.services.__dict__["dynamodb"] = self.dynamodb
        for name in ("data", "dashboard"):
            self.services.__dict__[name] = Bucket(settings.bucket_name(name), InProcessS3())
        urls = [settings.queue_url(name) for name in resources.QUEUES]
        queues = InProcessSqs([*urls, *map(settings.dead_letters_url, resources.DEAD_LETTERS)])
        self.services.__dict__["queue"] = lambda name: Queue(settings.queue_url(name), queues)
        self.services.__dict__["dead_letters"] = lambda name: Queue(settings.dead_letters_url(name), queues)
        self.post = PostOffice(self.services.mailer, self.services.queue("feedback"))
        self.services.__dict__["mailer"] = self.post
        self.module = _import_app()
        self._triggers = triggers.read(self.module)
        self._pump = Pump(self._triggers, queues)
        self._next = {schedule.name: self._after(schedule, self.now()) for schedule in self._triggers.schedules}

    def verify_sender(self, address: str) -> None:
        """Let SES send from this address, as an operator does once for a domain."""
        import boto3

        boto3.client("sesv2").create_email_identity(EmailIdentity=address)

    def now(self) -> datetime:
        return clock.now()

    @property
    def dead_letters(self) -> list[DeadLetter]:
        return self._pump.dead_letters

    def pump(self, *, without: Collection[str] = ()) -> int:
        """Run what streams and queues set off; a handler named in `without` stands still, its records wait."""
        with self.lock:
            return self._pump.until_quiet(without={*without, *self.standing})

    def advance(self, until: datetime) -> None:
        """Move time to `until`, running each schedule when it falls due and pumping after each."""
        with self.lock:
            self.pump()
            while True:
                names = {schedule.name: self._due(schedule) for schedule in self._triggers.schedules}
                moment = min(names.values(), default=until)
                if moment > until:
                    break
                self.clock.move_to(moment)
                for schedule in self._triggers.schedules:
                    if names[schedule.name] <= moment:
                        self.run(schedule.name)
                self.pump()
            self.clock.move_to(until)

    def newest_facts(self, number: int) -> list[dict[str, Any]]:
        """The last facts that came into the log, newest first, as `serialise` wrote them."""
        return self._pump.newest_facts(number)

    def next_moment(self) -> datetime:
        """When the next schedule has something to do."""
        return min(
            (self._due(schedule) for schedule in self._triggers.schedules), default=datetime.max.replace(tzinfo=UTC)
        )

    def run(self, name: str) -> None:
        """Run one schedule's function now."""
        schedule = next(each for each in self._triggers.schedules if each.name == name)
        with self.lock:
            schedule.handler(self._schedule_event(name), Context(name))
            self._next[name] = self._after(schedule, self.now())

    def request(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """One API Gateway event to the real app; one at a time, as in one Lambda environment."""
        with self.lock:
            return self.module.app(event, Context("APIHandler"))

    @property
    def routes(self) -> Mapping[str, Any]:
        return self.module.app.routes

    def _due(self, schedule: triggers.ScheduleTrigger) -> datetime:
        """When to run it next; for the schedule of every minute, when the agenda next has something."""
        planned = self._next[schedule.name]
        if schedule.every > MINUTE:
            return planned
        waiting = self.dynamodb.next_due(settings.table_name("agenda"))
        if not waiting:
            return datetime.max.replace(tzinfo=UTC)
        return max(planned, _whole_minute(clock.parse(waiting)))

    def _after(self, schedule: triggers.ScheduleTrigger, instant: datetime) -> datetime:
        every = max(schedule.every, self._stretch.get(schedule.name, schedule.every))
        midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + every * ((instant - midnight) // every + 1)

    def _schedule_event(self, name: str) -> dict[str, Any]:
        return {
            "version": "0",
            "id": name,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "123456789012",
            "time": clock.to_text(self.now()),
            "region": REGION,
            "resources": [f"arn:aws:events:{REGION}:123456789012:rule/{name}"],
            "detail": {},
        }


def _whole_minute(instant: datetime) -> datetime:
    floor = instant.replace(second=0, microsecond=0)
    return floor if floor == instant else floor + MINUTE


def _forget() -> None:
    bundle.forget()
    clients.forget()
    shared_services.cache_clear()


def _import_app() -> ModuleType:
    """The deployed module itself; the project's root is where Chalice puts it on the path."""
    root = str(resources.ROOT)
    if root not in sys.path:
        sys.path.insert(0, root)
    return importlib.import_module("app")
