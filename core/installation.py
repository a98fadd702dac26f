"""``python -m core.installation FILE``: install requirements into the environment that runs this.

uv does it in a fraction of pip's time, with the versions of ``requirements.lock``. It reads none of
pip's settings, so those that say where packages come from are handed over. Where uv cannot be had,
fails, or where pip has a setting that uv does not know, pip installs. Standard library only: this
runs before anything is there.
"""

import ast
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

UV = "uv==0.13.9"
"""What pip installs where no uv is on the PATH."""

LOCK = "requirements.lock"
"""File beside the requirements that states the version of everything that comes with them."""

ALL_INDEXES = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
"""uv's word for what pip does with several indexes: the best version of any of them."""

VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "no-index": ("UV_NO_INDEX", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "retries": ("UV_HTTP_RETRIES", " "),
}
"""Settings of pip: uv's environment variable, and what stands between several values in it."""

PIPS_OWN = {
    *("break-system-packages", "cache-dir", "compile", "constraint", "disable-pip-version-check"),
    *("format", "no-cache-dir", "no-color", "no-input", "no-python-version-warning"),
    *("no-warn-script-location", "prefer-binary", "progress-bar", "quiet", "require-virtualenv"),
    *("root-user-action", "upgrade-strategy", "use-feature", "verbose"),
}
"""Settings of pip that do not change which packages come from where, or are handed over apart."""

FIRST_IMPORTS = (
    *("numpy", "pandas", "matplotlib.pyplot", "scipy.stats", "sklearn", "h5py", "jinja2"),
    *("requests", "torch", "torchvision", "timm", "distributed", "pyarrow.parquet"),
    *("skimage", "nbclient", "pytest"),
)
"""Imported once, where they are installed: pip compiles everything, uv what is imported first."""


def pip_settings(listing: str) -> dict[str, str]:
    """Settings of ``pip install`` by name, from the output of ``pip config list``.

    The environment counts more than the section ``[install]``, and that more than ``[global]``.

    Examples
    --------
    >>> pip_settings("global.timeout='9'\\n:env:.timeout='60'\\ndownload.no-deps='1'")
    {'timeout': '60'}
    """
    sections = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        key, found, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if found and section in sections:
            sections[section][name] = ast.literal_eval(value)
    return sections["global"] | sections["install"] | sections[":env:"]


def unknown_to_uv(settings: Mapping[str, str]) -> list[str]:
    """Names of pip's settings that could change what is installed, and that cannot be handed over.

    Examples
    --------
    >>> unknown_to_uv({"index-url": "https://packages.example/simple", "only-binary": ":all:"})
    ['only-binary']
    """
    return sorted(settings.keys() - VARIABLES.keys() - PIPS_OWN)


def uv_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Environment variables that tell uv what pip's settings say.

    Examples
    --------
    >>> uv_environment({"find-links": "/wheels /more", "cert": "/etc/own.pem"})
    {'UV_FIND_LINKS': '/wheels,/more', 'SSL_CERT_FILE': '/etc/own.pem'}
    """
    given = {name: value for name, value in settings.items() if name in VARIABLES and value.strip()}
    values = {
        VARIABLES[name][0]: VARIABLES[name][1].join(value.split()) for name, value in given.items()
    }
    return values | (ALL_INDEXES if "extra-index-url" in given else {})


def uv_command(
    uv: Iterable[str], python: str, requirements: Path, settings: Mapping[str, str]
) -> list[str]:
    """Command that installs what pip would.

    Parameters
    ----------
    uv
        Words that start uv.
    python
        Interpreter of the environment to install into.
    requirements
        File of requirements; `LOCK` beside it states all versions. Its hashes are not compared,
        since a build for this machine, such as one of torch without CUDA, has others.
    settings
        Those of pip; see `pip_settings`.

    Returns
    -------
    list of str
    """
    constraints = [str(requirements.with_name(LOCK)), *settings.get("constraint", "").split()]
    return [
        *(*uv, "pip", "install", "--python", python, "--no-verify-hashes"),
        *([] if sys.stderr.isatty() else ["--quiet"]),
        *("-r", str(requirements)),
        *(word for path in constraints for word in ("-c", path)),
    ]


def install(requirements: Path) -> int:
    """Install with uv, else with pip; returns the exit code."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    settings = pip_settings(listed.stdout)
    if unknown := unknown_to_uv(settings):
        why = f"pip's setting {unknown[0]} is unknown to uv"
    elif (uv := _uv(pip)) is None:
        why = "uv is not to be had"
    elif _installed_by(uv, requirements, settings):
        return _compile()
    else:
        why = "uv failed, the lines above say why"
    _say(f"Installing {requirements.name} with pip, which takes a few minutes ({why})")
    command = [*pip, "install", "--quiet", "-r", str(requirements)]
    return subprocess.run(command, check=False).returncode


def _uv(pip: list[str]) -> list[str] | None:
    """Words that start the uv of the PATH, or one that pip installs into this environment."""
    if found := shutil.which("uv"):
        return [found]
    done = subprocess.run([*pip, "install", "--quiet", UV], capture_output=True, check=False)
    return [sys.executable, "-m", "uv"] if done.returncode == 0 else None


def _installed_by(uv: list[str], requirements: Path, settings: Mapping[str, str]) -> bool:
    _say(f"Installing {requirements.name} with uv")
    command = uv_command(uv, sys.executable, requirements, settings)
    environment = uv_environment(settings) | os.environ
    try:
        return subprocess.run(command, env=environment, check=False).returncode == 0
    except OSError as error:
        _say(f"{command[0]}: {error.strerror}")
        return False


def _compile() -> int:
    """Import what the commands import, so that none of them has to compile it."""
    program = (
        "import sys, importlib, contextlib, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "for name in sys.argv[1:]:\n"
        "    with contextlib.suppress(Exception):\n"
        "        importlib.import_module(name)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", program, *FIRST_IMPORTS]
    subprocess.run(command, env=environment, capture_output=True, check=False)
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    try:
        sys.exit(install(Path(sys.argv[1])))
    except KeyboardInterrupt:
        # by the signal, so that the shell that started this ends as well
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
