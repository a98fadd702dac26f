"""Where a network computes."""

from typing import TYPE_CHECKING

from core.errors import SettingError

if TYPE_CHECKING:
    import torch
    from torch import nn


def choose_device(device: "str | torch.device | None" = None) -> "torch.device":
    """A device that is there; by default CUDA when present, else the CPU.

    Raises
    ------
    SettingError
        If `device` is no device's name, or this machine or build of torch has none of that kind.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    >>> choose_device("abacus")
    Traceback (most recent call last):
    core.errors.SettingError: device: expected cpu, cuda, cuda:1, mps or another of torch's, \
found 'abacus'.
    """
    import torch

    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        if chosen.type == "meta":
            raise TypeError("it holds no numbers")
    except (RuntimeError, TypeError):
        raise SettingError(
            path="device",
            expected="cpu, cuda, cuda:1, mps or another of torch's",
            found=f"{device!r}",
        ) from None
    if chosen.type == "cuda":
        count = torch.cuda.device_count()
        if (chosen.index or 0) >= count:
            raise SettingError(
                path="device",
                expected=chosen,
                found=f"{count or 'no'} CUDA devices (torch {torch.__version__})",
            )
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise SettingError(path="device", expected="mps", found="that this machine has none")
    return chosen


def device_of(module: "nn.Module") -> "torch.device":
    """Device of a module's first floating-point parameter or buffer; the CPU if it has none.

    Examples
    --------
    >>> from torch import nn
    >>> device_of(nn.Linear(2, 2, device="meta")), device_of(nn.ReLU())
    (device(type='meta'), device(type='cpu'))
    """
    import torch

    tensor = _first_tensor(module)
    return torch.device("cpu") if tensor is None else tensor.device


def dtype_of(module: "nn.Module") -> "torch.dtype":
    """Type of a module's first floating-point parameter or buffer; float32 if it has none.

    Examples
    --------
    >>> from torch import nn
    >>> dtype_of(nn.Linear(2, 2).half())
    torch.float16
    """
    import torch

    tensor = _first_tensor(module)
    return torch.float32 if tensor is None else tensor.dtype


def _first_tensor(module: "nn.Module") -> "torch.Tensor | None":
    """A module's first floating-point parameter or buffer; None if it has none."""
    floating = (t for t in (*module.parameters(), *module.buffers()) if t.is_floating_point())
    return next(floating, None)
