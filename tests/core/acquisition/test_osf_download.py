"""Source data from a small OSF on this machine, in any layout and through any fault."""

import contextlib
import io
import json
import random
import threading
import zipfile

import pytest

from core.acquisition import osf_download, placement, transfer
from core.acquisition.local_import import import_source_data
from core.acquisition.osf import OsfSettings, is_same_site
from core.acquisition.osf_download import LISTING_NAME, fetch_source_data
from core.acquisition.placement import Placement
from core.acquisition.problems import problems
from core.contract import __main__ as command
from core.contract import fig4, fig6
from core.contract.manifest import MANIFEST
from core.contract.provenance import JOURNAL_NAME, read_provenance, record, write_provenance
from core.errors import DownloadError, ReproductionError, SettingError, run
from core.files import sha256
from tests.osf_server import FILE_FAULTS, LISTING_FAULTS, ZIP_FAULTS, files_below

MASKS = f"Fig4/{fig4.MASKS.name}"
RATE = f"Fig4/{fig4.SUCCESS_RATE.name}"


def settings(server, **others):
    return OsfSettings(**{"api": server.url, "pause": 0.0, "timeout": 5.0, **others})


def data(folder):
    """Files of the data in a folder by path, without what the download keeps beside them."""
    files = files_below(folder)
    return {path: content for path, content in files.items() if path.rsplit("/", 1)[-1] in MANIFEST}


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return stream.getvalue()


def some(published, *folders):
    """The files of some folders, and the order of experiments."""
    chosen = ("exp_order.csv", *(f"{folder}/" for folder in folders))
    return {path: content for path, content in published.items() if path.startswith(chosen)}


def test_seven_folders_come_with_few_requests_and_a_second_run_sends_none(
    serve, published, tmp_path
):
    server = serve(published)
    done = fetch_source_data(tmp_path, settings(server))
    assert data(tmp_path) == published
    assert done.n_requests == len(server.requests) <= 20
    assert (done.n_sound, done.absent, done.failed) == (len(published), [], {})
    assert problems(tmp_path) == []
    again = fetch_source_data(tmp_path, settings(server))
    assert (again.n_requests, again.placed, again.n_sound) == (0, [], len(published))
    assert not (tmp_path / ".osf").exists()


def test_every_file_is_recorded_with_its_origin(serve, published, tmp_path):
    fetch_source_data(tmp_path, settings(serve(published)))
    known = read_provenance(tmp_path)[MASKS]
    assert (known.source, known.bytes) == ("OSF pre96", len(published[MASKS]))
    assert known.details["path"] == f"/{MASKS}"
    assert known.details["sha256"] == known.sha256 == sha256(tmp_path / MASKS)
    assert known.details["version"] == 1


def _nested(files):
    return {
        f"Paper/SourceData/{path.replace('/', '_Source_data/', 1)}": content
        for path, content in files.items()
    }


def _flat(files):
    return {path.rsplit("/", 1)[-1]: content for path, content in files.items()}


def _one_zip(files):
    return {"SourceData.zip": zipped({f"SourceData/{path}": c for path, c in files.items()})}


def _zip_each(files):
    folders = {path.split("/")[0] for path in files if "/" in path}
    packed = {f"{folder}.zip": zipped(some(files, folder)) for folder in folders}
    return {**packed, "exp_order.csv": files["exp_order.csv"]}


def _beside_recordings(files):
    recordings = {f"raw/Alfa/{i}.bin": bytes([i]) * 400_000 for i in range(4)}
    return {**{f"data/{path}": content for path, content in files.items()}, **recordings}


@pytest.mark.parametrize(
    "layout", [_nested, _flat, _one_zip, _zip_each, _beside_recordings], ids=lambda f: f.__name__
)
def test_files_are_found_by_name_in_any_layout(serve, published, tmp_path, layout):
    files = some(published, "Fig2", "Fig3", "Fig4", "ExtendedFig5")
    server = serve(layout(files))
    done = fetch_source_data(tmp_path, settings(server), ["2", "3", "4", "ext5"])
    assert data(tmp_path) == files
    assert done.n_requests <= 30
    assert not any("raw" in path for kind, path in server.requests if kind == "zip")


def test_components_of_the_project_are_looked_into(serve, published, tmp_path):
    files = some(published, "Fig3")
    inside = {f"@child/{path}": content for path, content in files.items()}
    server = serve({"readme.txt": b"hello", **inside}, children={"pre96": ["child"]})
    fetch_source_data(tmp_path, settings(server), ["3"])
    assert data(tmp_path) == files


def test_only_the_figures_asked_for_come(serve, published, tmp_path):
    server = serve({f"SourceData/{path}": content for path, content in published.items()})
    fetch_source_data(tmp_path, settings(server), ["3"])
    assert data(tmp_path) == some(published, "Fig3")
    assert server.count("zip") == 1


def test_a_damaged_member_costs_two_requests_more(serve, published, tmp_path):
    server = serve(published)
    n_good = fetch_source_data(tmp_path / "good", settings(server)).n_requests
    damage = iter(["corrupt"])
    server.fault = lambda kind, number: next(damage, None) if kind == "zip" else None
    done = fetch_source_data(tmp_path / "bad", settings(server))
    assert data(tmp_path / "bad") == published
    assert n_good < done.n_requests <= n_good + 2


def test_a_file_that_is_never_right_is_refused_and_the_rest_is_there(serve, published, tmp_path):
    server = serve(published)
    server.damaged = {fig4.MASKS.name}
    done = fetch_source_data(tmp_path, settings(server))
    assert list(done.failed) == [MASKS]
    assert "expected SHA-256" in done.failed[MASKS]
    assert data(tmp_path) == {p: c for p, c in published.items() if p != MASKS}
    wrong = [path for kind, path in server.requests if kind == "store"]
    assert len(wrong) == 2 + 1  # fetched again once; and the order of experiments
    server.damaged = set()
    assert fetch_source_data(tmp_path, settings(server)).placed == [MASKS]


@pytest.mark.parametrize("fault", ["truncate", "cut_cleanly", "stall"])
def test_whole_members_of_a_cut_zip_are_used(serve, published, tmp_path, fault):
    server = serve(published)
    cuts = iter([fault])
    server.fault = lambda kind, number: next(cuts, None) if kind == "zip" else None
    done = fetch_source_data(tmp_path, settings(server), ["5"])
    assert data(tmp_path) == some(published, "Fig5")
    assert server.count("zip") == 2
    assert len(done.placed) == len(set(done.placed))


@pytest.mark.parametrize("stop_after", [0, 1, 5, 30])
def test_an_interrupted_download_goes_on(serve, published, tmp_path, stop_after, monkeypatch):
    server = serve(published)
    put, n_put = Placement.put, [0]

    def interrupted(self, file, candidate):
        if n_put[0] == stop_after:
            n_put[0] = -(10**6)
            raise KeyboardInterrupt
        n_put[0] += 1
        put(self, file, candidate)

    monkeypatch.setattr(Placement, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch_source_data(tmp_path, settings(server), ["5"])
    assert len(data(tmp_path)) == stop_after
    assert data(tmp_path).items() <= published.items()
    before, n_zips = set(data(tmp_path)), server.count("zip")
    done = fetch_source_data(tmp_path, settings(server), ["5"])
    assert data(tmp_path) == some(published, "Fig5")
    assert before.isdisjoint(done.placed)
    if n_zips:  # the zip had arrived and need not come again
        assert server.count("zip") == n_zips


def test_a_download_ended_without_warning_goes_on(serve, published, tmp_path):
    """The state that a killed process leaves: files without a record, and part of a zip."""
    server = serve(published)
    server.fault = lambda kind, number: "cut_cleanly" if kind == "zip" else None
    fetch_source_data(tmp_path, settings(server), ["4"])
    half = dict(list(some(published, "Fig4").items())[:4])
    for path in set(data(tmp_path)) - set(half):
        (tmp_path / path).unlink()
    (tmp_path / "provenance.json").unlink()
    server.fault = lambda kind, number: None
    done = fetch_source_data(tmp_path, settings(server), ["4"])
    assert data(tmp_path) == some(published, "Fig4")
    assert sorted(done.adopted) == sorted(half)


def test_a_kill_between_record_and_file_is_no_obstacle(serve, published, tmp_path, monkeypatch):
    server = serve(_one_zip(some(published, "Fig4")), hashes=False)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("core.acquisition.placement.shutil.move", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch_source_data(tmp_path, settings(server), ["4"])
    put = Placement.put
    calls = iter(range(100))
    with monkeypatch.context() as patch:
        patch.setattr(Placement, "put", lambda *a: killed() if next(calls) == 3 else put(*a))
        with pytest.raises(KeyboardInterrupt):
            fetch_source_data(tmp_path, settings(server), ["4"])
    assert len(data(tmp_path)) == 3
    fetch_source_data(tmp_path, settings(server), ["4"])
    assert data(tmp_path) == some(published, "Fig4")


def test_a_kill_after_the_last_file_leaves_nothing_behind(serve, published, tmp_path, monkeypatch):
    """What a killed process leaves between its last file and its end: records, a working folder."""
    server = serve(some(published, "Fig4"))
    with monkeypatch.context() as patch:
        patch.setattr("core.acquisition.placement.write_provenance", lambda *_: None)
        patch.setattr("core.acquisition.osf_download.clear", lambda root: None)
        fetch_source_data(tmp_path, settings(server), ["4"])
    assert (tmp_path / JOURNAL_NAME).is_file()
    assert (tmp_path / ".osf").is_dir()
    n_requests = len(server.requests)
    fetch_source_data(tmp_path, settings(server), ["4"])
    assert len(server.requests) == n_requests
    assert set(files_below(tmp_path)) == {
        *data(tmp_path),
        "provenance.json",
        "osf_listing.json",
    }


def test_what_an_earlier_run_left_is_verified_again(serve, published, tmp_path):
    server = serve(some(published, "Fig3"), zips=False)
    server.fault = lambda kind, number: "500" if kind == "store" and number > 6 else None
    with contextlib.suppress(DownloadError):
        fetch_source_data(tmp_path, settings(server), ["3"])
    urls = [f"{server.home}{path}" for kind, path in server.requests if kind == "file"]
    (tmp_path / ".osf").mkdir(exist_ok=True)
    for url in urls:
        (tmp_path / ".osf" / transfer._key(url)).write_bytes(b"rubbish")
    server.fault = lambda kind, number: None
    fetch_source_data(tmp_path, settings(server), ["3"])
    assert data(tmp_path) == some(published, "Fig3")


def test_files_imported_before_are_adopted(serve, published, tmp_path):
    files = some(published, "Fig4")
    for path, content in files.items():
        (tmp_path / "there" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "there" / path).write_bytes(content)
    import_source_data(tmp_path / "there", tmp_path / "out")
    (tmp_path / "out" / MASKS).unlink()
    done = fetch_source_data(tmp_path / "out", settings(serve(files)), ["4"])
    assert done.placed == [MASKS]
    assert len(done.adopted) == len(files) - 1


def test_force_takes_nothing_away_before_there_is_another(serve, published, tmp_path):
    server = serve(some(published, "Fig4"))
    (tmp_path / "Fig4").mkdir()
    (tmp_path / MASKS).write_bytes(b"a lab's own\n")
    server.fault = lambda kind, number: None if kind == "listing" else "500"
    with pytest.raises(DownloadError):
        fetch_source_data(tmp_path, settings(server), ["4"], force=True)
    assert (tmp_path / MASKS).read_bytes() == b"a lab's own\n"


def test_an_archive_is_not_fetched_again_for_what_it_does_not_hold(serve, published, tmp_path):
    files = some(published, "Fig4")
    del files[MASKS]
    server = serve({**files, "raw.zip": zipped({"recording.bin": b"0" * 1000})})
    fetch_source_data(tmp_path, settings(server), ["4"])
    before = server.count("store")
    done = fetch_source_data(tmp_path, settings(server), ["4"])
    assert server.count("store") == before
    assert done.absent == [MASKS]
    n_before = len(server.requests)
    fetch_source_data(tmp_path, settings(server), ["4"], listing_age=3600)
    assert len(server.requests) == n_before


def test_a_file_that_came_from_an_archive_comes_again(serve, published, tmp_path):
    server = serve(_one_zip(some(published, "Fig4")))
    fetch_source_data(tmp_path, settings(server), ["4"])
    (tmp_path / MASKS).unlink()
    assert fetch_source_data(tmp_path, settings(server), ["4"]).placed == [MASKS]


def test_figures_with_files_of_another_origin_are_left_alone_where_asked(
    serve, published, tmp_path
):
    server = serve(some(published, "Fig3", "Fig4"))
    (tmp_path / "Fig4").mkdir()
    (tmp_path / MASKS).write_bytes(b"a lab's own\n")
    done = fetch_source_data(tmp_path, settings(server), ["3", "4"], only_whole=True)
    assert data(tmp_path) == {**some(published, "Fig3"), MASKS: b"a lab's own\n"}
    assert set(done.failed) == {path for path in published if path.startswith("Fig4/")}


def test_listings_without_end_are_ended(serve, published, tmp_path):
    server, said = serve(published, children={"pre96": ["pre96", "again"], "again": ["again"]}), []
    page = iter(range(10**6))

    def endless(handler):
        following = f"{server.url}nodes/pre96/files/osfstorage/?page={next(page)}"
        body = {"data": [], "links": {"next": following, "meta": {"total": 10**9}}}
        server._send(handler, json.dumps(body).encode())

    answer = server.answer
    server.answer = lambda handler: (
        endless(handler) if "osfstorage/" in handler.path else answer(handler)
    )
    done = fetch_source_data(tmp_path, settings(server), ["3"], say=said.append)
    assert done.n_requests <= 61
    assert done.absent
    looped = serve({"a": b""}, children={"pre96": ["pre96"]})
    assert fetch_source_data(tmp_path, settings(looped), ["3"]).n_requests < 10


def test_pages_that_end_early_are_asked_for_again(serve, published, tmp_path):
    server = serve(published)
    faults = iter([None, None, "short_page"] * 4)
    server.fault = lambda kind, number: next(faults, None) if kind == "listing" else None
    fetch_source_data(tmp_path, settings(server), ["ext4"])
    assert data(tmp_path) == some(published, "ExtendedFig4")
    server.fault = lambda kind, number: "short_page"
    with pytest.raises(DownloadError, match=r"expected \d+ entries, found 100: it is cut short"):
        fetch_source_data(tmp_path / "other", settings(server), ["ext4"])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("html", "expected a JSON object, found a web page"),
        ("loop", "found redirects without end"),
        ("500", "found after 5 attempts: HTTP 500"),
        ("reset", "found after 5 attempts: a broken connection"),
        ("stall", "a stalled connection"),
    ],
)
def test_a_listing_that_never_comes_is_one_sentence(serve, published, tmp_path, fault, words):
    server = serve(published)
    server.fault = lambda kind, number: fault
    with pytest.raises(DownloadError, match=words):
        fetch_source_data(tmp_path, settings(server, timeout=0.1))
    assert data(tmp_path) == {}


def test_retry_after_is_obeyed_and_said(serve, published, tmp_path):
    server, said = serve(published), []
    faults = iter(["429"])
    server.fault = lambda kind, number: next(faults, None)
    server.retry_after = "2"
    done = fetch_source_data(tmp_path, settings(server), ["3"], say=said.append)
    assert done.seconds >= 2
    assert said == ["HTTP 429 from 127.0.0.1: waiting 2 s"]


def test_a_wait_beyond_patience_is_refused_and_keeps_what_came(serve, published, tmp_path):
    server = serve(published)
    server.fault = lambda kind, number: "429" if kind == "zip" else None
    server.retry_after = "3000"
    said = []
    done = fetch_source_data(tmp_path, settings(server, patience=60), ["3"], say=said.append)
    assert any(
        "a request to wait 50 min; try again then, what has arrived is kept" in s for s in said
    )
    assert data(tmp_path) == some(published, "Fig3")
    assert done.failed == {}


def test_where_the_limit_is_near_requests_are_spaced(serve, published, tmp_path, monkeypatch):
    slept = []
    monkeypatch.setattr("core.acquisition.osf.wait", slept.append)
    monkeypatch.setitem(
        osf_download.OsfSession.__init__.__globals__["HOURLY_LIMIT"], "anonymous", 8
    )
    fetch_source_data(tmp_path, settings(serve(published)), ["3"])
    assert slept
    assert all(seconds <= 1 for seconds in slept)


def test_a_token_goes_to_osf_alone_and_is_kept_nowhere(serve, published, tmp_path):
    secret = "s3cret-token"
    server = serve(some(published, "Fig3"), token=secret)
    fetch_source_data(tmp_path, settings(server, token=secret), ["3"])
    assert set(server.tokens) == {f"Bearer {secret}"}
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert secret not in repr(settings(server, token=secret))
    with pytest.raises(DownloadError, match=r"found it private \(HTTP 401\); give OSF_TOKEN"):
        fetch_source_data(tmp_path / "other", settings(server), ["3"])
    with pytest.raises(DownloadError, match="found its token refused") as refusal:
        fetch_source_data(tmp_path / "other", settings(server, token="wr0ng"), ["3"])
    assert "wr0ng" not in str(refusal.value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://files.osf.io/v1/", "https://api.osf.io/v2/", True),
        ("https://osf.io/download/x", "https://api.osf.io/v2/", True),
        ("http://files.osf.io/v1/", "https://api.osf.io/v2/", False),
        ("https://osf.io.evil.org/v1/", "https://api.osf.io/v2/", False),
        ("https://evilosf.io/v1/", "https://api.osf.io/v2/", False),
        ("http://10.0.0.1/", "http://127.0.0.1/", False),
        ("http://127.0.0.1:80/", "http://127.0.0.1:81/", False),
    ],
)
def test_sites_that_may_see_the_token(one, other, same):
    assert is_same_site(one, other) is same


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"project": "pre96/../x"}, "expected an OSF project"),
        ({"token": "two words"}, "OSF_TOKEN: expected a token of printable"),
        ({"token": "line\nbreak"}, "OSF_TOKEN: expected a token of printable"),
        ({"api": "file:///etc/"}, "OSF_API: expected an http address"),
        ({"api": "http://[x"}, "OSF_API: expected an http address"),
    ],
)
def test_settings_that_cannot_be(wrong, words):
    with pytest.raises(SettingError, match=words) as refusal:
        OsfSettings(**wrong)
    assert wrong.get("token", "none such") not in str(refusal.value)


def test_settings_come_from_the_environment_unless_given(monkeypatch):
    monkeypatch.setenv("OSF_TOKEN", "abc")
    monkeypatch.setenv("OSF_PROJECT", "other")
    assert OsfSettings.from_environment().project == "other"
    assert OsfSettings.from_environment().token == "abc"
    assert OsfSettings.from_environment("given", "def").token == "def"


def test_files_of_another_origin_are_not_replaced_unasked(serve, published, tmp_path):
    server = serve(some(published, "Fig4"))
    path = tmp_path / MASKS
    path.parent.mkdir()
    path.write_bytes(b"a lab's own\n")
    with pytest.raises(SettingError, match="found one of unknown origin; --force replaces"):
        fetch_source_data(tmp_path, settings(server), ["4"])
    write_provenance(tmp_path, {MASKS: record(path, "export")})
    n_before = len(server.requests)
    with pytest.raises(SettingError, match="found one of another origin; --force replaces"):
        fetch_source_data(tmp_path, settings(server), ["4"])
    assert len(server.requests) == n_before
    assert path.read_bytes() == b"a lab's own\n"
    fetch_source_data(tmp_path, settings(server), ["4"], force=True)
    assert data(tmp_path) == some(published, "Fig4")
    assert path.with_name(path.name + ".replaced").read_bytes() == b"a lab's own\n"


def test_files_put_there_by_hand_are_adopted_if_they_are_osfs(serve, published, tmp_path):
    server = serve(some(published, "Fig4"))
    (tmp_path / "Fig4").mkdir()
    (tmp_path / MASKS).write_bytes(published[MASKS])
    done = fetch_source_data(tmp_path, settings(server), ["4"])
    assert done.adopted == [MASKS]
    assert MASKS not in done.placed
    assert read_provenance(tmp_path)[MASKS].source == "OSF pre96"


def test_a_changed_file_is_fetched_again_and_kept(serve, published, tmp_path):
    server, said = serve(some(published, "Fig4")), []
    fetch_source_data(tmp_path, settings(server), ["4"])
    (tmp_path / MASKS).write_bytes(published[MASKS][:-5])
    done = fetch_source_data(tmp_path, settings(server), ["4"], say=said.append)
    assert done.placed == [MASKS]
    assert (tmp_path / f"{MASKS}.replaced").read_bytes() == published[MASKS][:-5]
    assert "changed here since it came" in said[0]
    server.set_files({**some(published, "Fig4"), RATE: published[RATE].replace(b"0.", b"0.0")})
    (tmp_path / MASKS).unlink()
    done = fetch_source_data(tmp_path, settings(server), ["4"], say=said.append)
    assert sorted(done.placed) == sorted([MASKS, RATE])
    assert "changed on OSF since it came" in said[-1]


def test_two_files_of_one_name_are_told_apart_by_content(serve, published, tmp_path):
    files = some(published, "Fig4")
    same = serve({**files, f"old/{MASKS}": files[MASKS]})
    fetch_source_data(tmp_path / "same", settings(same), ["4"])
    assert data(tmp_path / "same") == files
    broken = serve({**files, f"old/{MASKS}": files[MASKS][:100]})
    fetch_source_data(tmp_path / "broken", settings(broken), ["4"])
    assert data(tmp_path / "broken") == files
    other = files[RATE].replace(b"0.", b"0.0")
    both = serve({**files, f"old/{RATE}": other})
    done = fetch_source_data(tmp_path / "both", settings(both), ["4"])
    assert f"/{RATE} and /old/{RATE}, and more than one is as described" in done.failed[RATE]
    assert not (tmp_path / "both" / RATE).exists()


def test_what_osf_does_not_hold_is_named(serve, published, tmp_path, capsys, monkeypatch):
    files = some(published, "Fig6")
    path = fig6.PEAKS.path
    del files[path]
    monkeypatch.setenv("OSF_API", serve(files).url)
    code = run(lambda: command.main(["download", "--figure", "6", "--out", str(tmp_path)]))
    printed = capsys.readouterr().out
    assert code == 1
    assert "5 files fetched" in printed
    assert f"{path}  a file on OSF, project pre96  none" in printed
    assert printed.count(path) == 1


def test_files_not_as_described_are_in_one_table(serve, published, tmp_path, capsys, monkeypatch):
    files = some(published, "Fig4")
    files[MASKS] = files[MASKS].replace(b"valid", b"sound")
    monkeypatch.setenv("OSF_API", serve(files).url)
    assert command.main(["download", "--figure", "4", "--out", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["file", "expected", "found"]
    row = [cell.strip() for cell in lines[3].split("  ") if cell]
    assert row[:2] == [MASKS, "the columns valid"]
    assert row[2].startswith("a header without it: sound, FCsucc005, ")


def test_two_runs_do_not_write_one_folder_at_once(serve, published, tmp_path):
    server, said, done = serve(some(published, "Fig5")), [], []

    def fetch():
        done.append(fetch_source_data(tmp_path, settings(server), ["5"], say=said.append))

    threads = [threading.Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(outcome.placed) for outcome in done) == [0, 0, 86]
    assert said.count(f"waiting for another run that writes {tmp_path}") == 2


def test_simulated_data_do_not_enter_the_projects_folder(serve, source, tmp_path, monkeypatch):
    monkeypatch.setattr(placement, "SOURCE_DATA", tmp_path)
    with pytest.raises(SettingError, match=r"found simulated recordings \(exp_order\.csv"):
        fetch_source_data(tmp_path, settings(serve(data(source.root))))
    assert data(tmp_path) == {}


def test_a_simulated_folder_takes_nothing_from_osf(serve, published, tmp_path):
    (tmp_path / "SIMULATED.json").write_text("{}")
    server = serve(published)
    with pytest.raises(SettingError, match="found a simulated one"):
        fetch_source_data(tmp_path, settings(server))
    assert server.requests == []


def test_a_listing_without_checksums_is_held_against_sizes(serve, published, tmp_path):
    server = serve(some(published, "Fig3"), hashes=False)
    fetch_source_data(tmp_path, settings(server), ["3"])
    assert data(tmp_path) == some(published, "Fig3")
    path = next(path for path in data(tmp_path) if path.startswith("Fig3/"))
    (tmp_path / path).unlink()
    assert fetch_source_data(tmp_path, settings(server), ["3"]).placed == [path]


def test_without_zips_files_come_one_by_one(serve, published, tmp_path):
    server = serve(some(published, "Fig3", "Fig4"), zips=False)
    fetch_source_data(tmp_path, settings(server), ["3", "4"])
    assert data(tmp_path) == some(published, "Fig3", "Fig4")


def test_a_listing_that_is_not_osfs_is_one_sentence(serve, published, tmp_path, monkeypatch):
    server = serve(published)
    no_address = {"data": [], "links": {"next": {"href": "x"}}}
    no_text = json.loads(json.dumps({"data": [server._provider("pre96")]}))
    no_text["data"][0]["relationships"]["files"]["links"]["related"]["href"] = None
    wrong = ({"data": 3}, {"data": [3]}, {"data": [{"links": {}}]}, {"links": 4}, {})
    for answer in (*wrong, no_address, no_text):
        body = json.dumps(answer).encode()
        server.answer = lambda handler, body=body: server._send(handler, body)
        with pytest.raises(DownloadError, match="expected"):
            fetch_source_data(tmp_path, settings(server))
    server.answer = lambda handler: server._send(handler, b"[" * 100_000)
    with pytest.raises(DownloadError, match="expected a JSON object, found other text"):
        fetch_source_data(tmp_path, settings(server))


def test_the_last_listing_is_kept_beside_the_data(serve, published, tmp_path):
    fetch_source_data(tmp_path, settings(serve(published)))
    listing = json.loads((tmp_path / LISTING_NAME).read_text())
    assert listing["project"] == "pre96"
    assert listing["files"].keys() == {path.rsplit("/", 1)[-1] for path in published}
    (tmp_path / LISTING_NAME).write_text("[]")
    assert osf_download.read_listing(tmp_path, "pre96") is None


def test_an_entry_without_an_address_is_named(serve, published, tmp_path):
    server = serve(some(published, "Fig3"))
    entry = server._entry
    server._entry = lambda node, path: {**entry(node, path), "links": {}}
    with pytest.raises(DownloadError, match=r"with a text for links\.upload, found none"):
        fetch_source_data(tmp_path, settings(server), ["3"])


def scheduled(seed):
    """A server's faults in random order: up to a quarter of the requests fail somehow."""
    rng = random.Random(seed)
    rate = rng.choice((0.05, 0.15, 0.25))
    kinds = {"listing": LISTING_FAULTS, "zip": ZIP_FAULTS, "file": ("429", "500", "reset", "loop")}

    def fault(kind, number):
        return rng.choice(kinds.get(kind, FILE_FAULTS)) if rng.random() < rate else None

    return fault


@pytest.mark.parametrize("seed", range(25))
def test_whatever_fails_no_wrong_file_is_accepted(serve, published, tmp_path, seed):
    files = some(published, "Fig2", "Fig3")
    server = serve(files)
    server.fault, server.stall_seconds = scheduled(seed), 0.3
    failed = {"all": "refused in one sentence"}
    with contextlib.suppress(ReproductionError):
        failed = fetch_source_data(tmp_path, settings(server, timeout=0.15), ["2", "3"]).failed
    assert failed or data(tmp_path) == files
    assert data(tmp_path).items() <= files.items()
    server.fault = lambda kind, number: None
    fetch_source_data(tmp_path, settings(server), ["2", "3"])
    assert data(tmp_path) == files
