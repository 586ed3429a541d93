"""The only reader of the environment; lazy, so importing a module needs none of it.

Secrets are not here: they live in Secrets Manager under `DRIPLINE_SECRETS` and
are read by `aws/services.py`.
"""

import os

from chalicelib.errors import DriplineError

_REQUIRED = "the environment lacks {}; it is set by the deployed template and by the local cloud"


def _read(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise DriplineError(_REQUIRED.format(name))
    return value


def table_name(table: str) -> str:
    """Physical name of `events`, `profiles`, `agenda` or `catalog`."""
    return _read(f"DRIPLINE_{table.upper()}_TABLE")


def queue_url(queue: str) -> str:
    """URL of `reactions`, `steps`, `outbox`, `feedback`, `late_facts`, or `campaign_`, `segment_`, `insight_slices`."""
    return _read(f"DRIPLINE_{queue.upper()}_QUEUE")


def dead_letters_url(queue: str) -> str:
    """URL of the dead letters of a queue, of `feedback` or of the log's `stream`."""
    return _read(f"DRIPLINE_{queue.upper()}_DEAD_LETTERS")


def bucket_name(bucket: str) -> str:
    """Physical name of `data` (private: archive, playbook, quarantine) or `dashboard`."""
    return _read(f"DRIPLINE_{bucket.upper()}_BUCKET")


def secrets_name() -> str:
    return _read("DRIPLINE_SECRETS")


def public_url() -> str:
    """Where the deployed API answers, without a trailing slash; links in mail start with it."""
    return _read("DRIPLINE_PUBLIC_URL").rstrip("/")


def feedback_topic() -> str:
    """ARN of the only SNS topic whose messages are believed."""
    return _read("DRIPLINE_FEEDBACK_TOPIC")


def configuration_set() -> str:
    return _read("DRIPLINE_CONFIGURATION_SET")


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def endpoint_url() -> str | None:
    """One endpoint for every AWS service, for an emulator; None means AWS itself."""
    return os.environ.get("AWS_ENDPOINT_URL") or None


def ca_bundle() -> str | None:
    """A file of certificates to trust instead of the system's, as boto3 reads it too."""
    return os.environ.get("AWS_CA_BUNDLE") or None


def in_lambda() -> bool:
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def credentials() -> tuple[str, str, str | None]:
    """Access key, secret key and session token, as Lambda provides them."""
    return _read("AWS_ACCESS_KEY_ID"), _read("AWS_SECRET_ACCESS_KEY"), os.environ.get("AWS_SESSION_TOKEN")
