"""Set-up: uv is told what pip is told, and pip installs where uv cannot."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import installation
from core.installation import install, pip_settings, uv_command, uv_environment

ROOT = Path(__file__).parents[2]

RECORD = """
import json, os, sys
with open({log!r}, "a") as log:
    shown = {{k: v for k, v in os.environ.items() if k.startswith(("UV_", "SSL_CERT_FILE"))}}
    print(json.dumps([{name!r}, sys.argv[1:], shown]), file=log)
"""

LISTING = """global.extra-index-url='https://b.example/simple file:///c/simple'
global.index-url='https://a.example/simple'
install.find-links='/wheels'
:env:.cert='/etc/own.pem'
:env:.default-timeout='180'
global.constraint='/etc/constraints.txt'
"""


class Machine:
    """A pip and a uv that do as they are told and record how they were started."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.log = folder, folder / "log"
        self.pip, self.bin = folder / "pip", folder / "bin"
        self.pip.mkdir()
        self.bin.mkdir()
        self.requirements = folder / "requirements.txt"
        for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_FIND_LINKS", "SSL_CERT_FILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PYTHONPATH", str(folder))
        monkeypatch.setenv("PATH", f"{self.bin}:/usr/bin:/bin")
        monkeypatch.setattr(installation, "FIRST_IMPORTS", ())

    def add_pip(self, listing="", uv_code=1):
        (self.pip / "__init__.py").touch()
        (self.pip / "__main__.py").write_text(
            RECORD.format(log=str(self.log), name="pip")
            + f"if 'config' in sys.argv: print({listing!r})\n"
            + f"sys.exit({uv_code} if {installation.UV!r} in sys.argv else 0)\n"
        )

    def add_uv(self, after="sys.exit(0)\n"):
        uv = self.bin / "uv"
        uv.write_text(f"#!{sys.executable}" + RECORD.format(log=str(self.log), name="uv") + after)
        uv.chmod(0o755)

    def started(self):
        """Installer, words and environment of every installation that was begun."""
        records = map(json.loads, self.log.read_text().splitlines())
        return [record for record in records if "install" in record[1]]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def test_uv_installs_from_where_pip_would_and_takes_the_versions_of_the_lock(machine, capfd):
    machine.add_pip(LISTING)
    machine.add_uv()
    assert install(machine.requirements) == 0
    ((name, words, environment),) = machine.started()
    assert (name, words[:2]) == ("uv", ["pip", "install"])
    assert words[words.index("--python") + 1] == sys.executable
    constraints = [words[i + 1] for i, word in enumerate(words) if word == "-c"]
    assert constraints == [str(machine.folder / "requirements.lock"), "/etc/constraints.txt"]
    assert environment["UV_DEFAULT_INDEX"] == "https://a.example/simple"
    assert environment["UV_INDEX"] == "https://b.example/simple file:///c/simple"
    assert environment["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert environment["UV_FIND_LINKS"] == "/wheels"
    assert environment["SSL_CERT_FILE"] == "/etc/own.pem"
    assert environment["UV_HTTP_TIMEOUT"] == "180"
    assert "Installing requirements.txt with uv\n" in capfd.readouterr().err


def test_what_is_said_to_uv_itself_counts_more(machine, monkeypatch):
    machine.add_pip(LISTING)
    machine.add_uv()
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.example/simple")
    install(machine.requirements)
    assert machine.started()[0][2]["UV_DEFAULT_INDEX"] == "https://mine.example/simple"


@pytest.mark.parametrize(("after", "why"), [
    ("sys.exit(2)\n", "uv failed, the lines above say why"),
    (None, "uv is not to be had"),
])  # fmt: skip
def test_pip_installs_where_uv_fails_or_is_missing(machine, capfd, after, why):
    machine.add_pip()
    if after is not None:
        machine.add_uv(after)
    assert install(machine.requirements) == 0
    name, words, _ = machine.started()[-1]
    assert name == "pip"
    assert words[-2:] == ["-r", str(machine.requirements)]
    assert f"with pip, which takes a few minutes ({why})" in capfd.readouterr().err


def test_a_setting_of_pip_that_uv_does_not_know_leaves_the_work_to_pip(machine, capfd):
    machine.add_pip("global.only-binary=':all:'\n")
    machine.add_uv()
    assert install(machine.requirements) == 0
    assert [name for name, *_ in machine.started()] == ["pip"]
    assert "pip's setting only-binary is unknown to uv" in capfd.readouterr().err


def test_uv_is_installed_where_there_is_none(machine):
    machine.add_pip(uv_code=0)
    (machine.folder / "uv").mkdir()
    (machine.folder / "uv" / "__init__.py").touch()
    (machine.folder / "uv" / "__main__.py").write_text(
        RECORD.format(log=str(machine.log), name="uv")
    )
    assert install(machine.requirements) == 0
    assert [name for name, *_ in machine.started()] == ["pip", "uv"]
    assert machine.started()[0][1][-1] == installation.UV


def test_failure_of_both_is_told_by_the_exit_code(machine):
    machine.add_uv("sys.exit(2)\n")
    (machine.pip / "__init__.py").touch()
    (machine.pip / "__main__.py").write_text("import sys; sys.exit('-r' in sys.argv)")
    assert install(machine.requirements) == 1


def test_an_interrupt_does_not_fall_back_to_pip(machine):
    machine.add_pip()
    machine.add_uv("import time; time.sleep(60)\n")
    environment = {**os.environ, "PYTHONPATH": f"{machine.folder}:{ROOT}"}
    command = [sys.executable, "-m", "core.installation", str(machine.requirements)]
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        while not (machine.log.is_file() and machine.started()):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT
    assert [name for name, *_ in machine.started()] == ["uv"]


def test_the_environment_counts_more_than_a_section_and_that_more_than_global():
    listing = "global.timeout='1'\n:env:.timeout='3'\ninstall.timeout='2'\nglobal.retries='4'\n"
    assert pip_settings(listing) == {"timeout": "3", "retries": "4"}


def test_values_over_several_lines_are_one_list():
    settings = pip_settings("global.find-links='\\n/wheels\\n/more wheels'\n")
    assert uv_environment(settings) == {"UV_FIND_LINKS": "/wheels,/more,wheels"}


def test_the_lock_stands_beside_either_list_of_requirements():
    for name in ("requirements.txt", "requirements-figures.txt"):
        assert str(ROOT / "requirements.lock") in uv_command(["uv"], "python", ROOT / name, {})
    assert (ROOT / "requirements.lock").is_file()
