"""Downloads from a server that truncates, stalls, resets, lies and changes its mind."""

import contextlib
import hashlib
import socket
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from core.download import CHUNK, RemoteFile, download, git_blob, mismatch, retry_after
from core.errors import DownloadError

BODY = bytes(range(256)) * 800
SHA = hashlib.sha256(BODY).hexdigest()


def whole(body=BODY, status=200, **headers):
    """The file, without a word about ranges."""

    def answer(handler):
        handler.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def ranged(body=BODY, until=None, then="close", etag='"1"', seconds=1.0):
    """The part that is asked for; breaks off after `until` bytes of the file."""

    def answer(handler):
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        if handler.headers.get("If-Range", etag) != etag:
            start = 0
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        handler.send_header("Content-Length", str(len(body) - start))
        handler.send_header("ETag", etag)
        handler.end_headers()
        handler.wfile.write(body[start:until])
        handler.wfile.flush()
        if until is not None and then == "stall":
            time.sleep(seconds)
        if until is not None and then == "reset":
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if until is not None:
            handler.close_connection = True

    return answer


def fetch(server, target, size=None, sha256=SHA, **options):
    remote = RemoteFile(server.url, size=size, sha256=sha256)
    return download(remote, target, **{"pause": 0.01, "timeout": 0.3, **options})


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / "weights.pt"


def test_a_file_arrives_whole_and_leaves_nothing_beside_it(server, target):
    server.answers = [whole()]
    assert fetch(server, target, size=len(BODY)) == target
    assert target.read_bytes() == BODY
    assert [p.name for p in target.parent.iterdir() if p.name != ".weights.pt.lock"] == [
        target.name
    ]
    fetch(server, target)
    assert len(server.requests) == 1


@pytest.mark.parametrize("then", ["close", "reset", "stall"])
def test_a_broken_transfer_goes_on_where_it_ended(server, target, then):
    server.answers = [
        ranged(until=2 * CHUNK, then=then),
        ranged(until=3 * CHUNK, then=then),
        ranged(),
    ]
    fetch(server, target)
    assert target.read_bytes() == BODY
    starts = [int(r.get("range", "bytes=0-")[6:-1]) for r in server.requests]
    assert starts[0] == 0
    assert starts == sorted(starts)
    if then != "reset":  # what a reset cuts off is the system's choice
        assert starts == [0, 2 * CHUNK, 3 * CHUNK]


def test_a_later_call_goes_on_with_what_an_earlier_one_left(server, target):
    server.answers = [ranged(until=2 * CHUNK), whole(b"", status=503)]
    with pytest.raises(DownloadError, match="after 2 attempts: HTTP 503"):
        fetch(server, target, attempts=2)
    server.answers = [ranged()]
    fetch(server, target)
    assert server.requests[-1]["range"] == f"bytes={2 * CHUNK}-"
    assert target.read_bytes() == BODY


def test_a_file_that_changed_meanwhile_starts_over(server, target):
    server.answers = [ranged(until=2 * CHUNK, etag='"old"'), ranged(BODY[::-1], etag='"new"')]
    fetch(server, target, sha256=None)
    assert target.read_bytes() == BODY[::-1]


def test_a_server_that_ignores_the_range_starts_over(server, target):
    server.answers = [ranged(until=2 * CHUNK), whole()]
    fetch(server, target)
    assert server.requests[1]["range"] == f"bytes={2 * CHUNK}-"
    assert target.read_bytes() == BODY


def test_more_bytes_than_announced_are_not_taken(server, target):
    def endless(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(BODY), BODY))

    server.answers = [endless]
    with pytest.raises(DownloadError, match=f"expected {len(BODY)} bytes, found"):
        fetch(server, target, size=len(BODY))
    assert not target.exists()


def test_another_part_than_the_one_asked_for_starts_over(server, target):
    wrong = whole(BODY[10:], status=206, Content_Range=f"bytes 10-{len(BODY) - 1}/{len(BODY)}")
    server.answers = [ranged(until=2 * CHUNK), wrong, whole()]
    fetch(server, target)
    assert target.read_bytes() == BODY


def test_a_range_that_cannot_be_satisfied_starts_over(server, target):
    server.answers = [ranged(until=2 * CHUNK), whole(b"", status=416), whole()]
    fetch(server, target)
    assert "range" not in server.requests[2]
    assert target.read_bytes() == BODY


def test_without_validator_and_checksum_nothing_is_resumed(server, target):
    def cut(handler):
        whole()(handler) if server.requests[1:] else ranged(until=2 * CHUNK, etag="")(handler)

    server.answers = [cut]
    fetch(server, target, sha256=None)
    assert "range" not in server.requests[1]
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(server, target, status):
    server.answers = [whole(b"", status=status), whole(b"", status=status), whole()]
    fetch(server, target)
    assert len(server.requests) == 3


def test_the_server_says_how_long_to_wait(server, target):
    server.answers = [whole(b"", status=429, Retry_After=1), whole()]
    start = time.monotonic()
    fetch(server, target)
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize(
    ("seconds", "least", "most"), [(3, 1.5, 10), (-3600, 0, 1), (86_400, 59, 60)]
)
def test_a_date_to_wait_for_is_waited_for(server, target, monkeypatch, seconds, least, most):
    waited = []
    monkeypatch.setattr("core.download.wait", waited.append)
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    server.answers = [whole(b"", status=503, Retry_After=date), whole()]
    fetch(server, target)
    assert least <= waited[0] <= most


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("soon", None),
        ("²", None),
        ("-5", None),
        ("1.5", 1.5),
        ("9" * 400, float("inf")),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30),
        ("Thu, 01 Jan 2026 12:00:30 -0000", 30),
        ("Thu, 01 Jan 2026 13:00:30 +0100", 30),
        ("Thursday, 01-Jan-26 12:00:30 GMT", 30),
        ("Thu Jan  1 12:00:30 2026", 30),
        ("Thu, 01 Jan 2026 11:59:00 GMT", 0),
        ("Thu, 99 Jan 2026 11:59:00 GMT", None),
    ],
)
def test_what_a_server_may_say_of_waiting(header, seconds):
    assert retry_after(header, datetime(2026, 1, 1, 12, tzinfo=UTC)) == seconds


def test_a_server_that_stays_busy_is_given_up(server, target):
    server.answers = [whole(b"", status=500)]
    with pytest.raises(DownloadError, match="found after 3 attempts: HTTP 500"):
        fetch(server, target, attempts=3)
    assert len(server.requests) == 3
    assert not target.exists()


def test_a_file_that_is_not_there_is_not_asked_for_twice(server, target):
    server.answers = [whole(b"", status=404)]
    with pytest.raises(DownloadError, match="expected the file, found HTTP 404"):
        fetch(server, target)
    assert len(server.requests) == 1


def test_a_web_page_is_no_file(server, target):
    server.answers = [whole(b"<html>log in</html>", Content_Type="text/html; charset=utf-8")]
    with pytest.raises(DownloadError, match="found a web page"):
        fetch(server, target, sha256=None)
    assert not target.exists()


def test_another_file_is_removed(server, target):
    server.answers = [whole(BODY[:-1] + b"x")]
    with pytest.raises(DownloadError, match=f"expected SHA-256 {SHA}, found .*nothing was kept"):
        fetch(server, target)
    assert [path.name for path in target.parent.iterdir()] in ([], [".weights.pt.lock"])


def test_another_size_is_refused_before_it_is_fetched(server, target):
    server.answers = [whole()]
    with pytest.raises(DownloadError, match=f"expected 7 bytes, found {len(BODY)}"):
        fetch(server, target, size=7)


def test_a_shorter_body_than_promised_is_noticed(server, target):
    server.answers = [ranged(until=100)]
    with pytest.raises(DownloadError, match="after 2 attempts: "):
        fetch(server, target, sha256=None, attempts=2)
    assert not target.exists()


def test_the_digest_that_the_host_announces_is_checked(server, target):
    server.answers = [whole(X_Linked_ETag=f'"{SHA}"')]
    fetch(server, target, sha256=None)
    target.unlink()
    server.answers = [whole(X_Linked_ETag=f'"{"0" * 64}"')]
    with pytest.raises(DownloadError, match="expected SHA-256 0000"):
        fetch(server, target, sha256=None)


def test_no_server_and_no_such_host(target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    refused = RemoteFile(f"http://127.0.0.1:{port}/weights.pt")
    with pytest.raises(DownloadError, match="after 2 attempts: a refused connection"):
        download(refused, target, attempts=2, pause=0.01)
    with pytest.raises(DownloadError, match="found no network"):
        download(RemoteFile("http://nowhere.invalid/weights.pt"), target)
    with pytest.raises(DownloadError, match="expected an http address"):
        download(RemoteFile("file:///etc/passwd"), target)


def test_two_that_want_the_same_file_fetch_it_once(server, target):
    server.answers = [ranged(until=2 * CHUNK, then="stall", seconds=0.5), ranged()]
    threads = [threading.Thread(target=fetch, args=(server, target)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() == BODY
    assert len(server.requests) == 2


def test_what_is_known_of_a_file_is_compared(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(BODY)
    blob = hashlib.sha1(b"blob %d\0" % len(BODY) + BODY, usedforsecurity=False).hexdigest()
    assert git_blob(path) == blob
    assert mismatch(path, RemoteFile("", len(BODY), SHA, blob)) is None
    assert mismatch(path, RemoteFile("", sha256=SHA[:8])) is None
    assert mismatch(path, RemoteFile("", 1)) == ("1 bytes", str(len(BODY)))
    assert "git blob" in mismatch(path, RemoteFile("", git_blob="0" * 40)).expected
    assert mismatch(path, RemoteFile("", sha256="deadbeef")).expected == "SHA-256 deadbeef"
