"""Starts MiniStack, an AWS emulator nobody here wrote, on a free port of 127.0.0.1, and stops it again.

It runs with AUTH=true: every call is checked against the policies of the role
that makes it, so a permission missing from `.chalice/policy-*.json` fails the
story. Its Lambda workers run on the Python that runs it, which is therefore
the Python that packaged. Refuses to touch a MiniStack it did not start.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra import interpreters

ACCOUNT = "000000000000"
REGION = "us-east-1"


class Emulator:
    """A running MiniStack: its address, its log, and the boto3 session of its root user."""

    def __init__(self, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    def session(self) -> Any:
        import boto3

        return boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)

    def environment(self) -> dict[str, str]:
        """What makes a process's AWS calls come here, as the root user."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
        }

    def get_json(self, path: str) -> Any:
        """The JSON of one of MiniStack's own pages."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.loads(answer.read())


@contextlib.contextmanager
def running(python: Path) -> Iterator[Emulator]:
    """MiniStack in an environment made with `python`, ended with its workers when the block ends."""
    tools = interpreters.environment(".venv-ministack", interpreters.ROOT / "infra" / "requirements-e2e.txt", python)
    port = _free_port()
    folder = Path(tempfile.mkdtemp(prefix="dripline-e2e-"))
    log = interpreters.ROOT / "build" / "ministack.log"
    log.parent.mkdir(exist_ok=True)
    emulator = Emulator(port, log)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = (
        kept
        | emulator.environment()
        | {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "LAMBDA_EXECUTOR": "local",
            "TMPDIR": str(folder),
        }
    )
    with log.open("w") as output:
        process = subprocess.Popen(
            [tools.parent / "ministack"], env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_up(emulator, process)
            yield emulator
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_up(emulator: Emulator, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(120):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            emulator.get_json("/_ministack/health")
            return
        time.sleep(0.5)
    raise RuntimeError(f"MiniStack did not start; see {emulator.log}")
