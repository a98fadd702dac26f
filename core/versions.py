"""``python -m core.versions``: versions of everything that matters for a result."""

import argparse
import re
from pathlib import Path

from core.project import SOURCES

REQUIREMENTS = ("requirements-figures.txt", "requirements.txt")


def versions() -> dict[str, str]:
    """This project, Python, the system and every required package; nothing is imported."""
    import platform  # here, so that help is instant

    return {
        "this project": _own_version(),
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **{name: _installed(name, pin) for name, pin in pins(SOURCES).items()},
    }


def _own_version() -> str:
    """From the sources; from the package's record where it is installed without them."""
    import tomllib
    from importlib import metadata

    sources = SOURCES / "pyproject.toml"
    if not sources.is_file():
        return metadata.version("dynamic-manifold-alignment")
    return tomllib.loads(sources.read_text(encoding="utf-8"))["project"]["version"]


def pins(root: Path = SOURCES) -> dict[str, str]:
    """Packages that the project's requirements name, and the version of each, in their order.

    None where the project is installed without its requirements.
    """
    lines = [
        line
        for name in REQUIREMENTS
        if (root / name).is_file()
        for line in (root / name).read_text(encoding="utf-8").splitlines()
    ]
    found = (re.match(r"([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def _installed(name: str, pin: str) -> str:
    """Installed version; says so where it is not the required one (a build's label aside)."""
    from importlib import metadata

    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
    return found if found.split("+")[0] == pin else f"{found} (required: {pin})"


def accelerator() -> dict[str, str]:
    """CUDA version of torch and the GPUs that it finds; nothing without torch."""
    try:
        import torch
    except ModuleNotFoundError:
        return {}
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        gpus.append("Apple (mps)")
    return {
        "CUDA of torch": torch.version.cuda or "none (CPU build)",
        "GPU": ", ".join(gpus) or "none found",
    }


if __name__ == "__main__":
    argparse.ArgumentParser(
        prog="reproduce versions", description="Print versions of everything that matters."
    ).parse_args()
    for name, version in (versions() | accelerator()).items():
        print(f"{name}: {version}")  # noqa: T201
