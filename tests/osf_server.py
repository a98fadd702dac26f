"""A small OSF on the loopback interface: API v2, file store and folder zips, with faults to order.

It answers as OSF does: JSON:API with pages, nested folders, storages, a file service that redirects
to a store, and zips of folders that are made while they are sent, without a length.
"""

import hashlib
import itertools
import json
import socket
import struct
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, urlsplit

LISTING_FAULTS = ("429", "500", "reset", "html", "loop", "truncate", "stall", "short_page", "slow")
FILE_FAULTS = ("429", "500", "reset", "corrupt", "truncate", "stall", "loop", "html", "slow")
ZIP_FAULTS = (
    *("429", "500", "reset", "corrupt", "truncate", "cut_cleanly", "stall", "loop", "html"),
    "slow",
)
"""Faults by kind of request. ``truncate`` breaks the connection, ``cut_cleanly`` does not."""


def files_below(folder: Path) -> dict[str, bytes]:
    """Files of a folder by path, hidden ones excepted."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


class OsfServer:
    """Serves `files` (bytes by path) as the project ``pre96``.

    Attributes
    ----------
    requests
        Kind and path of every request: ``listing``, ``zip``, ``file`` (the redirect), ``store``
        (the bytes), ``other``.
    fault
        Called with kind and running number of a request; returns the fault to commit, or None.
    """

    def __init__(self, files, *, hashes=True, zips=True, children=None, token=None):
        self.requests: list[tuple[str, str]] = []
        self.tokens: list[str | None] = []
        self.fault = lambda kind, number: None
        self.retry_after = "0"
        self.stall_seconds = 1.0
        self.hashes, self.zips, self.token = hashes, zips, token
        self.children = children or {}
        self.damaged: set[str] = set()
        self._numbers = itertools.count()
        self._ids: dict[str, str] = {}
        self._hashes: dict[str, dict[str, str]] = {}
        self.set_files(files)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass

        self.http = Listener(("127.0.0.1", 0), Handler)
        self.home = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.url = f"{self.home}/v2/"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def set_files(self, files):
        """Serve other files."""
        self.files = {f"/{path}": content for path, content in files.items()}
        self.folders = {"/": None}
        for path in self.files:
            for parent in PurePosixPath(path).parents:
                self.folders.setdefault(f"{str(parent).rstrip('/')}/", None)
        self._ids = {self._id(path): path for path in (*self.files, *self.folders)}
        self._hashes = {
            path: {"md5": _digest("md5", content), "sha256": _digest("sha256", content)}
            for path, content in self.files.items()
        }

    def close(self):
        """Stop serving."""
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def count(self, kind):
        """Number of requests of a kind."""
        return sum(of_kind == kind for of_kind, _ in self.requests)

    def answer(self, handler):
        """One request."""
        parts = urlsplit(handler.path)
        words = [word for word in parts.path.split("/") if word]
        query = parse_qs(parts.query, keep_blank_values=True)
        kind = self._kind(words, query)
        self.requests.append((kind, handler.path))
        self.tokens.append(handler.headers.get("Authorization"))
        fault = self.fault(kind, next(self._numbers))
        if self.token and handler.headers.get("Authorization") != f"Bearer {self.token}":
            return self._send(handler, b"{}", status=401)
        if fault in ("429", "500"):
            return self._send(handler, b"{}", int(fault), {"Retry-After": self.retry_after})
        if fault == "loop":
            return self._send(handler, b"", 302, {"Location": handler.path})
        if fault == "html":
            return self._send(handler, b"<html>log in</html>", 200, {}, "text/html")
        if fault == "reset":
            return self._reset(handler)
        if kind == "listing":
            return self._page(handler, words, query, fault)
        if kind == "zip":
            return self._stream(handler, self._ids.get(words[-1], ""), fault)
        if kind == "file":
            where = f"{self.home}/store/{words[-1]}"
            return self._send(handler, b"", 302, {"Location": where})
        if kind == "store":
            return self._store(handler, self._ids.get(words[-1], ""), fault)
        return self._other(handler, words)

    def _kind(self, words, query):
        if words[:1] == ["v1"]:
            return "zip" if "zip" in query else "file"
        if words[:1] == ["store"]:
            return "store"
        return "listing" if "files" in words or "children" in words else "other"

    def _page(self, handler, words, query, fault):
        node = words[2]
        if "children" in words:
            entries = [{"id": child, "attributes": {}} for child in self.children.get(node, ())]
        elif words[-1] == "files":
            entries = [self._provider(node)]
        elif node != "pre96" and node not in self.children.get("pre96", ()):
            return self._send(handler, b"{}", status=404)
        else:
            top = "/" if node == "pre96" else f"/@{node}/"
            path = top if words[-1] == "osfstorage" else self._ids[words[-1]]
            entries = [
                self._entry(node, below)
                for below in (*self.folders, *self.files)
                if self._parent(below) == path and (node != "pre96" or not below.startswith("/@"))
            ]
        size = min(int(query.get("page[size]", ["10"])[0]), 100)
        page = int(query.get("page", ["1"])[0])
        shown = entries[(page - 1) * size : page * size]
        following = None
        if page * size < len(entries) and fault != "short_page":
            here = f"{self.home}{urlsplit(handler.path).path}"
            following = f"{here}?page={page + 1}&page%5Bsize%5D={size}"
        meta = {"total": len(entries), "per_page": size}
        content = {"data": shown, "links": {"next": following, "meta": meta}}
        self._send(handler, json.dumps(content).encode(), fault=fault)

    def _stream(self, handler, folder, fault):
        if not self.zips or folder not in self.folders:
            return self._send(handler, b"{}", status=404)
        stream = _Chunks(handler)
        handler.send_response(200)
        handler.send_header("Content-Type", "application/zip")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        archive = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        try:
            self._fill(archive, folder, fault, handler)
        finally:
            archive.fp = None  # a broken archive is not to be completed when it is collected
        if fault in ("truncate", "stall"):
            handler.wfile.flush()
            if fault == "stall":
                time.sleep(self.stall_seconds)
            handler.close_connection = True
            return None
        return handler.wfile.write(b"0\r\n\r\n")

    def _fill(self, archive, folder, fault, handler):
        inside = [path for path in self.files if path.startswith(folder)]
        total = sum(len(self.files[path]) for path in inside)
        done = 0
        for number, path in enumerate(inside):
            content = self.files[path]
            corrupt = fault == "corrupt" and number == len(inside) // 2
            if corrupt or PurePosixPath(path).name in self.damaged:
                content = _damaged(content)
            archive.writestr(path[len(folder) :], content)
            done += len(content)
            if fault in ("truncate", "stall", "cut_cleanly") and done >= 0.6 * total:
                return
            if fault == "slow":
                handler.wfile.flush()
                time.sleep(0.005)
        archive.close()

    def _store(self, handler, path, fault):
        if path not in self.files:
            return self._send(handler, b"{}", status=404)
        content = self.files[path]
        if fault == "corrupt" or path.rsplit("/", 1)[-1] in self.damaged:
            content = _damaged(content)
        span = handler.headers.get("Range", "")
        start = int(span[6:-1]) if span.startswith("bytes=") and span.endswith("-") else 0
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        status = 206 if start else 200
        kind = "application/octet-stream"
        self._send(handler, content[start:], status, headers if start else {}, kind, fault)

    def _other(self, handler, words):
        """What osfclient's own command line asks for."""
        if words[1:2] == ["guids"]:
            return self._send(handler, json.dumps({"data": {"type": "nodes"}}).encode())
        href = f"{self.url}nodes/{words[2]}/files/"
        attributes = dict.fromkeys(("title", "date_created", "date_modified", "description"), "")
        node = {
            "id": words[2],
            "links": {"self": f"{self.url}nodes/{words[2]}/"},
            "attributes": attributes,
            "relationships": {"files": {"links": {"related": {"href": href}}}},
        }
        return self._send(handler, json.dumps({"data": node}).encode())

    def _provider(self, node):
        related = f"{self.url}nodes/{node}/files/osfstorage/"
        top = "/" if node == "pre96" else f"/@{node}/"
        service = self._service(node, top)
        return {
            "id": f"{node}:osfstorage",
            "attributes": {
                "path": "/", "name": "osfstorage", "node": node, "provider": "osfstorage",
            },
            "relationships": {"files": {"links": {"related": {"href": related}}}},
            "links": {"new_folder": f"{service}?kind=folder", "upload": service},
        }  # fmt: skip

    def _entry(self, node, path):
        is_folder = path in self.folders
        content = self.files.get(path, b"")
        service = self._service(node, path)
        attributes = {
            "name": PurePosixPath(path).name,
            "kind": "folder" if is_folder else "file",
            "path": f"/{self._id(path)}",
            "materialized_path": path,
            "date_created": "2026-01-01T00:00:00",
            "date_modified": "2026-01-02T00:00:00",
        }
        entry = {
            "id": self._id(path),
            "attributes": attributes,
            "links": dict.fromkeys(("self", "upload", "delete", "move", "html"), service),
        }
        if is_folder:
            related = f"{self.url}nodes/{node}/files/osfstorage/{self._id(path)}/"
            entry["relationships"] = {"files": {"links": {"related": {"href": related}}}}
            entry["links"]["new_folder"] = f"{service}?kind=folder"
            return entry
        attributes |= {"size": len(content), "current_version": 1}
        attributes["extra"] = {"hashes": self._hashes[path] if self.hashes else {}}
        return entry

    def _service(self, node, path):
        slash = "/" if path in self.folders else ""
        return f"{self.home}/v1/resources/{node}/providers/osfstorage/{self._id(path)}{slash}"

    def _send(self, handler, body, status=200, headers=None, kind="application/json", fault=None):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        if fault in ("truncate", "stall"):
            handler.wfile.write(body[: len(body) // 2])
            handler.wfile.flush()
            if fault == "stall":
                time.sleep(self.stall_seconds)
            handler.close_connection = True
        elif fault == "slow":
            for start in range(0, len(body), len(body) // 4 + 1):
                handler.wfile.write(body[start : start + len(body) // 4 + 1])
                handler.wfile.flush()
                time.sleep(0.01)
        else:
            handler.wfile.write(body)

    def _reset(self, handler):
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True

    @staticmethod
    def _id(path):
        return hashlib.md5(path.encode()).hexdigest()[:24]

    @staticmethod
    def _parent(path):
        if path == "/":
            return None
        return f"{str(PurePosixPath(path).parent).rstrip('/')}/"


class _Chunks:
    """A chunked answer that cannot be rewound, so that zipfile writes sizes behind each member."""

    def __init__(self, handler):
        self.handler = handler

    def write(self, part):
        if part:
            self.handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        return len(part)

    def flush(self):
        pass


def _digest(kind, content):
    return hashlib.new(kind, content, usedforsecurity=False).hexdigest()


def _damaged(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
