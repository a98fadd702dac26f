"""The page on the loopback: one address that shows the session as it is now."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import SettingError

LOOPBACK = "127.0.0.1"


@contextmanager
def served(file: Path, port: int) -> Iterator[str]:
    """Serve one page on the loopback, to nobody else, until the block ends.

    Parameters
    ----------
    file
        The page, read anew at every request.
    port
        Port; 0 for any that is free.

    Yields
    ------
    The page's address

    Raises
    ------
    SettingError
        If the port is taken.

    Examples
    --------
    >>> import tempfile, urllib.request
    >>> page = Path(tempfile.mkdtemp()) / "page.html"
    >>> n = page.write_text("block 3")
    >>> with served(page, 0) as address, urllib.request.urlopen(address) as answer:
    ...     answer.read()
    b'block 3'
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = self.headers.get("Host", "").rpartition(":")[0]
            if self.path != "/" or host not in (LOOPBACK, "localhost"):
                self.send_error(404)
                return
            try:
                content = file.read_bytes()
            except FileNotFoundError:
                self.send_error(503, "The page is not written yet")
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    try:
        server = http.server.ThreadingHTTPServer((LOOPBACK, port), Handler)
    except (OSError, OverflowError) as error:
        raise SettingError(
            path="--port", expected="a port that is free", found=f"{port} ({error})"
        ) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
