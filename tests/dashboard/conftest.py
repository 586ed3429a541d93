"""The page over its sample numbers."""

import threading

import pytest

from cli.commands.dashboard import make_server, read_folder


@pytest.fixture(scope="package")
def address(tmp_path_factory):
    server = make_server(read_folder(tmp_path_factory.mktemp("numbers")))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/?days=90&data=sample"
    server.shutdown()
    server.server_close()
