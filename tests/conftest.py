"""Every test runs without a network, under moto, with its own fresh cloud when it asks for one."""

import os
import socket

import pytest
from hypothesis import settings as laws
from moto import mock_aws

from chalicelib import clock, settings
from chalicelib.aws.bucket import Bucket
from chalicelib.aws.clients import client
from chalicelib.aws.queue import Queue
from chalicelib.aws.services import Services
from chalicelib.aws.services import services as shared_services
from chalicelib.playbook import bundle
from cli.local import resources
from cli.local.dynamodb import InProcessDynamodb
from cli.local.queues import InProcessSqs
from cli.local.storage import InProcessS3
from tests.collect.chromium import open_chromium

laws.load_profile("ci")
"""No example may be refused for how long it took on a busy machine, and every run tries the same examples;
`--hypothesis-profile default` tries others."""

os.environ["POWERTOOLS_LOG_LEVEL"] = "DEBUG"
"""A logger is made once in a process: what it lets through must not hang on which test is its first."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def pytest_collection_modifyitems(items):
    """The stories take longest; begun first, no worker waits for another at the end."""
    items.sort(key=lambda item: "stories" not in item.path.parts)


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    real_connect = socket.socket.connect

    def connect(self, address):
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test reached for the network: {address[0]}")
        return real_connect(self, address)

    socket.socket.connect = connect
    yield
    socket.socket.connect = real_connect


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests of a worker; each opens contexts of its own."""
    with open_chromium() as browser:
        yield browser


@pytest.fixture(autouse=True)
def _system_clock():
    yield
    clock.set_source(None)


@pytest.fixture
def emulator(monkeypatch):
    """A fresh moto with every table, queue and bucket, and two webhook secrets set.

    Its clients are kept from test to test: making one reads megabytes of AWS's definitions.
    """
    for name in list(os.environ):
        if name.startswith(("AWS_", "DRIPLINE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        for name, value in resources.create().items():
            monkeypatch.setenv(name, value)
        client("secretsmanager").put_secret_value(SecretId=os.environ["DRIPLINE_SECRETS"], SecretString=SECRETS_JSON)
        client("sesv2", retried=False).create_email_identity(EmailIdentity="shop.example")
        bundle.forget()
        shared_services.cache_clear()
        yield
        shared_services.cache_clear()


@pytest.fixture
def wired(emulator):
    """`Services` that ask the emulator through boto3, for the tests of what boto3 and the tables make of a request."""
    return Services(over_wire=False)


@pytest.fixture
def cloud(emulator):
    """`Services` upon the emulator's own tables and buckets, as in the local cloud; the routes have the same."""
    queues = InProcessSqs(
        [*map(settings.queue_url, resources.QUEUES), *map(settings.dead_letters_url, resources.DEAD_LETTERS)]
    )
    nearby = {
        "dynamodb": InProcessDynamodb(),
        "data": Bucket(settings.bucket_name("data"), InProcessS3()),
        "dashboard": Bucket(settings.bucket_name("dashboard"), InProcessS3()),
        "queue": lambda name: Queue(settings.queue_url(name), queues),
        "dead_letters": lambda name: Queue(settings.dead_letters_url(name), queues),
    }
    shared_services().__dict__.update(nearby)
    services = Services(over_wire=False)
    services.__dict__.update(nearby)
    return services


SECRETS_JSON = (
    '{"link_key_1": "0123456789abcdef0123456789abcdef0123456789abcdef",'
    ' "webhook_shopify": "shopify-secret", "webhook_shopify_old": "shopify-old-secret",'
    ' "webhook_woocommerce": "woo-secret", "webhook_generic": "generic-secret",'
    ' "webhook_shopline": "shopline-secret", "webhook_shoplazza": "shoplazza-secret",'
    ' "api_key_backend": "secret-of-the-backend-only-0001"}'
)
