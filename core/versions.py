"""``python -m core.versions``: versions of everything that matters for a result."""

import argparse
import platform
from importlib import metadata

PACKAGES = (
    *("numpy", "pandas", "scipy", "matplotlib", "h5py", "jinja2", "tqdm"),
    *(
        "torch",
        "torchvision",
        "timm",
        "pytorch-pretrained-biggan",
        "scikit-image",
        "scikit-learn",
        "pillow",
    ),
)


def versions() -> dict[str, str]:
    """Versions of Python, the system, this project and what it computes with."""
    found = {
        "this project": _version("dynamic-manifold-alignment"),
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    return found | {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    argparse.ArgumentParser(
        prog="reproduce versions", description="Print versions of everything that matters."
    ).parse_args()
    for name, version in versions().items():
        print(f"{name}: {version}")  # noqa: T201
