"""`dripline dashboard`: the dashboard on this machine, over the numbers of the deployment or of a folder.

Serves the page's own files and, under the same paths as the deployed site,
`manifest.json` and `metrics/…`. Listens on 127.0.0.1 only, answers GET and HEAD
only, and serves nothing outside these two places. A file opened directly
(`file://`) cannot work: browsers load no modules from there.
"""

import json
import mimetypes
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import click

from chalicelib.aws.bucket import Bucket
from cli.deployment import STACK_HELP, connect, stack_option

PAGE = Path(__file__).resolve().parents[2] / "dashboard"
_TYPES = {".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".html": "text/html"}
_SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

Reader = Callable[[str], bytes | None]
"""A path below the site's root → its bytes, None when there is no such file."""


def read_folder(folder: Path) -> Reader:
    """Files below `folder`; a path that leads out of it, by dots or by links, is not there."""
    root = folder.resolve()

    def read(path: str) -> bytes | None:
        found = (root / path).resolve()
        return found.read_bytes() if found.is_relative_to(root) and found.is_file() else None

    return read


def read_bucket(bucket: Bucket) -> Reader:
    """The published numbers in a deployment's dashboard bucket."""

    def read(path: str) -> bytes | None:
        found = bucket.get(path)
        return found[0] if found else None

    return read


def make_server(numbers: Reader, port: int = 0) -> ThreadingHTTPServer:
    """A server bound to 127.0.0.1; call `serve_forever`. Port 0 takes any that is free."""
    page = read_folder(PAGE)

    class Handler(BaseHTTPRequestHandler):
        server_version = "dripline"
        sys_version = ""

        def do_GET(self) -> None:  # the base class names methods after verbs
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            path = str(PurePosixPath("/", unquote(urlsplit(self.path).path))).lstrip("/") or "index.html"
            is_number = path == "manifest.json" or path.startswith("metrics/")
            body = None if "\0" in path or ".." in path.split("/") else (numbers if is_number else page)(path)
            self.send_response(404 if body is None else 200)
            suffix = PurePosixPath(path).suffix
            kind = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
            self.send_header("Content-Type", f"{kind}; charset=utf-8" if body is not None else "text/plain")
            self.send_header("Content-Length", str(len(body or b"")))
            for name, value in _SAFE.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body and body:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent: a line for each file is no news to the operator."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


@click.command(epilog=STACK_HELP)
@stack_option
@click.option("--port", default=8790, show_default=True, help="Port on 127.0.0.1; 0 takes any that is free.")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with manifest.json and metrics/, instead of the deployment's bucket.",
)
@click.option("--sample", is_flag=True, help="Show invented numbers, labelled as such; needs no deployment.")
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as JSON.")
def dashboard(stack: str, port: int, folder: Path | None, sample: bool, as_json: bool) -> None:
    """Show the dashboard in a browser on this machine."""
    if sample and folder:
        raise click.UsageError("--sample and --from exclude each other")
    given = folder or (PAGE / "sample" if sample else None)
    numbers = read_folder(given) if given else read_bucket(connect(stack).dashboard)
    try:
        server = make_server(numbers, port)
    except OSError as fault:
        raise click.ClickException(f"port {port} on 127.0.0.1 cannot be used: {fault.strerror}") from None
    url = f"http://127.0.0.1:{server.server_port}/"
    click.echo(json.dumps({"url": url}) if as_json else f"Dashboard: {url}  (Ctrl-C ends it)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("")
    finally:
        server.server_close()


commands: list[click.Command] = [dashboard]
