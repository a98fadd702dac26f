"""The one place from which the project imports torchvision, and only when something asks for it.

PyPI's wheel of torchvision is built against CUDA. Beside a CPU-only torch its compiled kernels
cannot be loaded, and the import stops at ``operator torchvision::nms does not exist``, because it
registers shape rules for two operators which those kernels would have declared. Declaring the two
is enough: no network of the model zoo calls them.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from core.optional import import_package

MISSING_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
"""Operators of torchvision's kernels that its Python code refers to when it is imported."""

_declared = []  # a torch Library forgets its operators when it is collected


@cache
def import_torchvision() -> ModuleType:
    """torchvision, with ``models``, ``transforms`` and ``utils``, beside any build of torch.

    Raises
    ------
    MissingPackageError
        If torchvision is not installed.

    Examples
    --------
    >>> import_torchvision().models.resnet18().fc.out_features
    1000
    """
    import torch

    if find_spec("torchvision") and not _kernels_load():
        library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in MISSING_OPERATORS:
            library.define(schema)
        _declared.append(library)
    return import_package("torchvision", "this network or image grid")


def _kernels_load() -> bool:
    """Whether the compiled kernels of torchvision fit this build of torch."""
    import torch

    folder = Path(find_spec("torchvision").origin).parent
    for path in (*folder.glob("_C*.so"), *folder.glob("_C*.pyd")):
        try:
            torch.ops.load_library(path)
        except OSError:
            return False
        return True
    return False
