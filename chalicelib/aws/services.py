"""What a job may use of AWS, as one value made once a process and handed to every job.

Each part is made when first used, so the pixel never pays for SES. Tests and
the local cloud make their own `Services` and may wrap `call` to inject faults.
"""

import json
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from chalicelib import settings
from chalicelib.aws import telemetry
from chalicelib.aws.bucket import Bucket
from chalicelib.aws.clients import client
from chalicelib.aws.queue import Queue
from chalicelib.aws.table import Table
from chalicelib.aws.wire import Call, call_over_wire, call_through_boto3
from chalicelib.errors import DriplineError

if TYPE_CHECKING:
    from chalicelib.aws.ses import Mailer

RENEWED_EVERY = timedelta(minutes=5)
SHORTEST_API_KEY = 24
_LINK_KEY, _API_KEY = "link_key_", "api_key_"


class Services:
    """Tables, queues, buckets, the mailer and the secrets of this deployment."""

    def __init__(self, *, over_wire: bool) -> None:
        self._connect = call_over_wire if over_wire else call_through_boto3
        self._secrets_renewed_at: datetime | None = None
        self.known_links: dict[str, dict[str, Any]] = {}
        """What this process has lately read of messages whose links were clicked, for when they cannot be read."""

    @cached_property
    def dynamodb(self) -> Call:
        return self._connect("dynamodb")

    @cached_property
    def events(self) -> Table:
        return Table(settings.table_name("events"), self.dynamodb)

    @cached_property
    def profiles(self) -> Table:
        return Table(settings.table_name("profiles"), self.dynamodb)

    @cached_property
    def agenda(self) -> Table:
        return Table(settings.table_name("agenda"), self.dynamodb)

    @cached_property
    def catalog(self) -> Table:
        return Table(settings.table_name("catalog"), self.dynamodb)

    def queue(self, name: str) -> Queue:
        return Queue(settings.queue_url(name), client("sqs"))

    def dead_letters(self, name: str) -> Queue:
        """What the consumer of that queue, or of `stream`, could not take."""
        return Queue(settings.dead_letters_url(name), client("sqs"))

    @cached_property
    def data(self) -> Bucket:
        return Bucket(settings.bucket_name("data"), client("s3"))

    @cached_property
    def dashboard(self) -> Bucket:
        return Bucket(settings.bucket_name("dashboard"), client("s3"))

    @cached_property
    def mailer(self) -> "Mailer":
        from chalicelib.aws.ses import SesMailer

        return SesMailer(client("sesv2", retried=False), settings.configuration_set())

    @cached_property
    def secrets(self) -> "Secrets":
        answer = self._connect("secretsmanager")("GetSecretValue", {"SecretId": settings.secrets_name()})
        found = Secrets(json.loads(answer["SecretString"]))
        for name in found.unusable:
            telemetry.log("a secret is empty or too short: it counts for nothing", secret=name)
        return found

    def renew_secrets(self, now: datetime) -> bool:
        """Forget the secrets, so that they are read again; False when that was done in the last five minutes.

        For a signature that fails: a secret may have been rotated since this process began.
        """
        if self._secrets_renewed_at and now - self._secrets_renewed_at < RENEWED_EVERY:
            return False
        self._secrets_renewed_at = now
        self.__dict__.pop("secrets", None)
        return True


class Secrets:
    """Signing keys: `{"link_key_1": "…", "webhook_shopify": "…", "webhook_shopify_old": "…", "api_key_backend": "…"}`.

    Every source may have two secrets at once, so that a rotation loses nothing.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if _is_usable(name, value)}
        self.unusable = sorted(values.keys() - self._values)
        """Names of entries that count for nothing: no text, blank, or a key that could be guessed."""

    @cached_property
    def link_keys(self) -> dict[int, bytes]:
        """Key id (1–255) → key. The highest signs; all verify."""
        found = {
            int(name.removeprefix(_LINK_KEY)): value.encode()
            for name, value in self._values.items()
            if name.startswith(_LINK_KEY)
        }
        if not found:
            raise DriplineError("the secret needs link_key_1 with at least 32 characters")
        return found

    def of_webhook(self, source: str) -> list[bytes]:
        """The one or two secrets that may sign this source's deliveries; none signs nothing."""
        names = (f"webhook_{source}", f"webhook_{source}_old")
        return [self._values[name].encode() for name in names if name in self._values]

    @property
    def edge_key(self) -> str:
        """What the store's own CloudFront distribution says to be believed about visitors; '' for none."""
        return self._values.get("edge_key", "")

    def of_store_api(self, source: str) -> str:
        """The credential with which the store's own API may be read; '' for none."""
        return self._values.get(f"store_api_{source}", "")

    @property
    def api_keys(self) -> dict[str, str]:
        """Name → the write key with which a server may post to the API under that name."""
        return {name.removeprefix(_API_KEY): value for name, value in self._values.items() if name.startswith(_API_KEY)}


def _is_usable(name: str, value: Any) -> bool:
    if not isinstance(value, str) or not value.strip():
        return False
    if name.startswith(_LINK_KEY):
        number = name.removeprefix(_LINK_KEY)
        return number.isdecimal() and 0 < int(number) < 256 and len(value) >= 32
    return not name.startswith(_API_KEY) or len(value) >= SHORTEST_API_KEY


@cache
def services() -> Services:
    """This process's services: over the wire in Lambda, through boto3 elsewhere."""
    return Services(over_wire=settings.in_lambda())
