"""`dripline dashboard` serves the page and the numbers on this machine, and nothing else of it."""

import json
import socket
import threading
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from cli.commands.dashboard import commands, make_server, read_bucket, read_folder


@pytest.fixture
def serving():
    servers = []

    def start(numbers):
        server = make_server(numbers)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def fetch(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


def test_page_and_numbers_of_a_folder(serving, tmp_path):
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "a.json").write_text("[1]")
    url = serving(read_folder(tmp_path))
    status, headers, body = fetch(f"{url}/")
    assert (status, headers.get_content_type()) == (200, "text/html")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert b"main.js" in body
    assert fetch(f"{url}/main.js")[1].get_content_type() == "text/javascript"
    assert fetch(f"{url}/metrics/a.json")[2] == b"[1]"
    assert fetch(f"{url}/manifest.json")[0] == 404


def test_numbers_of_a_deployment(serving, cloud):
    cloud.dashboard.put_json("manifest.json", {"version": "v"})
    url = serving(read_bucket(cloud.dashboard))
    assert json.loads(fetch(f"{url}/manifest.json")[2]) == {"version": "v"}
    assert fetch(f"{url}/metrics/v/overview.json")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/metrics/../../secret",
        "/..%2fsecret",
        "/metrics/%00",
        "//etc/passwd",
    ],
)
def test_nothing_outside_is_served(serving, tmp_path, path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "inside").mkdir()
    url = serving(read_folder(tmp_path / "inside"))
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    assert b" 404 " in answer.split(b"\r\n")[0]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "secret")
    assert read_folder(tmp_path / "inside")("link") is None


def test_two_sources_of_numbers_are_a_wrong_call(tmp_path):
    answer = CliRunner().invoke(commands[0], ["--sample", "--from", str(tmp_path)])
    assert answer.exit_code == 2
    assert "exclude each other" in answer.output
