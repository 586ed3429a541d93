"""Every test runs without a network, under moto, with its own fresh cloud when it asks for one."""

import os
import socket

import boto3
import pytest
from moto import mock_aws

from chalicelib import clock
from chalicelib.aws import clients
from chalicelib.aws.services import Services
from chalicelib.aws.services import services as shared_services
from chalicelib.playbook import bundle
from cli.local import resources

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


@pytest.fixture(autouse=True)
def _system_clock():
    yield
    clock.set_source(None)


@pytest.fixture
def cloud(monkeypatch):
    """A fresh `Services` over moto with every table, queue and bucket, and two webhook secrets set."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "DRIPLINE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        for name, value in resources.create().items():
            monkeypatch.setenv(name, value)
        boto3.client("secretsmanager").put_secret_value(
            SecretId=os.environ["DRIPLINE_SECRETS"], SecretString=SECRETS_JSON
        )
        ses = boto3.client("sesv2")
        ses.create_email_identity(EmailIdentity="shop.example")
        bundle.forget()
        clients.forget()
        shared_services.cache_clear()
        yield Services(over_wire=False)
        clients.forget()
        shared_services.cache_clear()


SECRETS_JSON = (
    '{"link_key_1": "0123456789abcdef0123456789abcdef0123456789abcdef",'
    ' "webhook_shopify": "shopify-secret", "webhook_shopify_old": "shopify-old-secret",'
    ' "webhook_woocommerce": "woo-secret", "webhook_generic": "generic-secret",'
    ' "webhook_shopline": "shopline-secret", "webhook_shoplazza": "shoplazza-secret",'
    ' "api_key_backend": "secret-of-the-backend-only-0001"}'
)
