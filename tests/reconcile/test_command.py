"""`dripline reconcile`: what it is told, where it looks for a credential, whom it sends it to, and how it goes on."""

import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chalicelib import clock
from chalicelib.collect import intake
from chalicelib.errors import BadInput, DriplineError
from cli.commands import reconcile as command
from cli.reconcile import woocommerce
from cli.reconcile.missing import Report, reconcile
from tests.reconcile.facts import facts_of
from tests.reconcile.test_reconcile import NOW, SETTINGS, SINCE, Shop, ask, woo


def test_the_command_reads_times_and_credentials(cloud, monkeypatch):
    assert command.read_since("7d", NOW) == datetime(2026, 11, 16, 10, tzinfo=UTC)
    assert command.read_since("36h", NOW) == datetime(2026, 11, 21, 22, tzinfo=UTC)
    assert command.read_since("2026-11-01", NOW) == SINCE
    for wrong in ("yesterday", "2027-01-01", "0d", ""):
        with pytest.raises(BadInput):
            command.read_since(wrong, NOW)
    with pytest.raises(DriplineError, match="no usable store_api_shopify"):
        command.credential_of(cloud, "shopify")
    monkeypatch.setenv("DRIPLINE_STORE_API_SHOPIFY", "token")
    assert command.credential_of(cloud, "shopify") == "token"
    monkeypatch.setenv("DRIPLINE_STORE_API_SHOPIFY", "token\nX-Other: header")
    with pytest.raises(DriplineError, match="no usable") as refused:
        command.credential_of(cloud, "shopify")
    assert "X-Other" not in str(refused.value)
    options = command.reconcile_store.params
    assert [option for option in options if "key" in option.name or "token" in option.name] == []
    assert command.lines(Report()) == ["nothing changed since then"]
    report = ask(cloud, Shop([woo(1)]))
    assert command.lines(report)[0] == "orders: 1 asked for, 1 were lost, 0 had newer content"


def test_parts_and_shops_that_a_platform_has_not_are_refused():
    assert command.parts_of("shopify", ("checkouts", "orders")) == ("orders", "checkouts")
    assert command.parts_of("woocommerce", ()) == ("orders", "customers", "products")
    with pytest.raises(BadInput, match="not for stock"):
        command.parts_of("woocommerce", ("stock",))
    assert command.parts_of("shopline", ("stock",)) == ("stock",)
    with pytest.raises(BadInput, match="shoplazza is asked for orders, customers, products, not for stock"):
        command.parts_of("shoplazza", ("stock",))
    listed = {"store": {"url": "https://shop.example", "shopify_shops": ["aurora.myshopify.com"]}}
    assert command.shop_of("woocommerce", "", listed) == "shop.example"
    assert command.shop_of("shopify", "", listed) == "aurora.myshopify.com"
    assert command.shop_of("shopify", "https://Other.myshopify.com", listed) == "other.myshopify.com"
    own = {"store": {"shopline_shops": ["aurora.myshopline.com"], "shoplazza_shops": ["a", "b"]}}
    assert command.shop_of("shopline", "", own) == "aurora.myshopline.com"
    assert command.shop_of("shoplazza", "aurora.myshoplaza.com", own) == "aurora.myshoplaza.com"
    for platform, wrong, said in [("shopline", "a.myshopify.com", "SHOPLINE"), ("shoplazza", "", "myshoplaza")]:
        with pytest.raises(DriplineError, match=said):
            command.shop_of(platform, wrong, own)
    for wrong in ("shop.example", "myshopify.com.evil.example", "a.b.myshopify.com", "a.myshopify.com:8443"):
        with pytest.raises(DriplineError, match="own address at Shopify"):
            command.shop_of("shopify", wrong, listed)


def test_what_breaks_off_says_how_to_go_on(cloud):
    def told():
        yield from woocommerce.read(Shop([woo(1)]), "key:secret", SINCE, ("orders",))
        raise DriplineError("the shop gave no answer")

    report = Report()
    with pytest.raises(DriplineError):
        reconcile(
            cloud,
            intake.PLATFORMS["woocommerce"],
            "woocommerce",
            told(),
            report,
            shop="shop.example",
            settings=SETTINGS,
            now=NOW,
        )
    parts = command.PARTS_OF["shopify"]
    assert command.going_on("shopify", "", SINCE, parts, Report()) == []
    report.part, report.reached = "customers", SINCE + timedelta(days=2)
    assert command.going_on("shopify", "a.myshopify.com", SINCE, parts, report) == [
        "dripline reconcile shopify --shop a.myshopify.com --since 2026-11-03T00:00:00.000Z --only customers",
        "dripline reconcile shopify --shop a.myshopify.com --since 2026-11-01T00:00:00.000Z "
        "--only products --only stock --only checkouts",
    ]
    report.part, report.reached = "checkouts", None
    assert command.going_on("shopify", "", SINCE, parts, report) == [
        "dripline reconcile shopify --since 2026-11-01T00:00:00.000Z --only checkouts"
    ]


class Answering(BaseHTTPRequestHandler):
    orders = (woo(1), woo(2))

    def do_GET(self):
        body = json.dumps(self.orders if "/orders?" in self.path else []).encode()
        self.send_response(200)
        self.send_header("X-WP-TotalPages", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def test_the_command_asks_a_shop_over_tls_and_trusts_no_certificate_of_a_stranger(cloud, monkeypatch, tmp_path):
    certificate = certified(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("DRIPLINE_STORE_API_WOOCOMMERCE", "key:s3cret")
    clock.set_source(lambda: NOW)
    asked = ["woocommerce", "--since", "7d", "--shop", f"https://localhost:{server.server_port}"]
    try:
        with pytest.raises(DriplineError, match="no certificate that can be trusted") as refused:
            command.reconcile_store.main(asked, standalone_mode=False)
        assert "s3cret" not in str(refused.value)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        told = CliRunner().invoke(command.reconcile_store, [*asked, "--json"])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["parts"]["orders"] == {"asked": 2, "lost": 2, "stale": 0, "unusable": 0}
    assert len(facts_of(cloud)) > 2


def certified(folder):
    """A certificate of localhost with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    path.write_bytes(text)
    return path
