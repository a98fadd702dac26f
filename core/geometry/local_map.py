"""What a generator and a distance do around one code: values, and products with derivatives.

The metric of a squared distance D is ``H = J^T M J``: J is the Jacobian of the images in the code,
M the second derivative of D in its second image, where both are equal. There the first derivative
of D vanishes, and every second derivative of the generator with it. For distances of features, J is
the Jacobian of the features, and ``M = 2``.
"""

import warnings
from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad, jvp, vjp, vmap
from torch.overrides import TorchFunctionMode, resolve_name

from core.computing.devices import device_of, dtype_of
from core.errors import CodeError, ImageError, PromiseError, SettingError
from core.generators.protocol import Generator
from core.geometry.distances import FeatureDistance
from core.settings import positive_number

MEMORY = 2e9
"""Bytes that derivatives may take at a time, unless a call says otherwise."""

AT_A_TIME_ON_CPU = 64
"""Directions that are pushed through at a time on a CPU: more do not fit into its caches."""

REPEATS_WITHIN = {"cpu": 1e-4, "cuda": 1e-2}
"""By how much of the largest value a second pass may differ: GPUs add in no fixed order, and take
other convolutions with a gradient than without, in TF32 unless that is switched off."""

Images = Callable[[torch.Tensor], torch.Tensor]
"""A function from codes (B, n) to images (B, 3, H, W) in [0, 1]."""

Distance = FeatureDistance | Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""A distance of features, or any function of two batches of images that gives (B,)."""


class LocalMap:
    """A generator and a distance at one code.

    Parameters
    ----------
    generator
        A `Generator`, or any function from codes ``(B, n)`` to images ``(B, 3, H, W)`` in [0, 1].
    code : (n,) or (1, n)
        Where.
    distance
        A `FeatureDistance`, or any function of two batches of images that is smooth where they are
        equal, and 0.
    dtype
        Precision of all that is computed; by default that of the generator. Weights of modules are
        brought to it for the time of each call.
    memory
        Bytes that derivatives may take at a time: an estimate from one pass, measured to hold
        within 12 %. Results, such as a Jacobian, come on top.

    Raises
    ------
    CodeError
        If `code` is not one finite code.
    ImageError
        If the image or its features are not finite.
    PromiseError
        If the generator is random from call to call, cannot be differentiated (says which operation
        stands in the way), or ignores the code.
    SettingError
        If equal images have a distance, or `memory` is too small for one direction.

    Attributes
    ----------
    code : (n,)
    value : (m,)
        What is compared: features, or pixels.

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> from core.geometry.distances import PixelDistance
    >>> around = LocalMap(SmallGenerator(4, 8), torch.zeros(4), PixelDistance())
    >>> around.jvp(torch.eye(4)).shape, around.products(torch.eye(4)).shape
    (torch.Size([4, 192]), torch.Size([4, 4]))
    """

    def __init__(
        self,
        generator: Generator | Images,
        code: torch.Tensor | np.ndarray,
        distance: Distance,
        *,
        dtype: torch.dtype | None = None,
        memory: float = MEMORY,
    ):
        self.memory = positive_number(memory, "memory")
        self._images = generator.visualize if hasattr(generator, "visualize") else generator
        self._distance = distance
        self._holder = _Holder(generator, distance)
        code = torch.as_tensor(code)
        self.dtype = dtype or _precision(self._holder, code)
        self.code = _one_code(code).detach().to(device_of(self._holder), self.dtype)
        tensors = (*self._holder.named_parameters(), *self._holder.named_buffers())
        self._state = {name: self._in_precision(tensor) for name, tensor in tensors}
        self.value = self._checked_value()
        bytes_of_one = self._bytes_of_one()
        if bytes_of_one > memory:
            raise SettingError(
                path="memory",
                expected=f"at least the {bytes_of_one:.3g} bytes of one direction",
                found=f"{memory:.3g}",
            )
        self.chunk = int(memory // bytes_of_one)
        if self.code.device.type == "cpu":
            self.chunk = min(self.chunk, AT_A_TIME_ON_CPU)

    @property
    def n(self) -> int:
        """Length of a code."""
        return len(self.code)

    @property
    def is_of_features(self) -> bool:
        """Whether the distance is the squared distance of features."""
        return isinstance(self._distance, FeatureDistance)

    def compared(self, code: torch.Tensor) -> torch.Tensor:
        """Features, or pixels where the distance has none, of one code; ``(m,)``."""
        return self._call(self._compared, code)

    def distance_from_here(self, code: torch.Tensor) -> torch.Tensor:
        """Distance between the images of this code and of another one; a scalar."""
        return self._call(lambda z: self._distance(self._image, self._images(z[None])).sum(), code)

    def jvp(self, vectors: torch.Tensor) -> torch.Tensor:
        """Change of what is compared along directions.

        Parameters
        ----------
        vectors : (k, n)

        Returns
        -------
        (k, m)
        """
        return self._mapped(self._push, vectors)

    def vjp(self, rows: torch.Tensor) -> torch.Tensor:
        """Directions from changes of what is compared: products with the transposed Jacobian.

        Parameters
        ----------
        rows : (k, m)

        Returns
        -------
        (k, n)
        """
        return self._mapped(self._pull, rows)

    def products(self, vectors: torch.Tensor) -> torch.Tensor:
        """Products of the metric with vectors; the metric itself is not formed.

        Parameters
        ----------
        vectors : (k, n)

        Returns
        -------
        (k, n)
        """
        return self._mapped(lambda v: self._pull(self._curved(self._push(v))), vectors)

    @cached_property
    def _image(self) -> torch.Tensor:
        """Image of this code, (1, 3, H, W)."""
        return self._call(self._images, self.code[None]).detach()

    def _mapped(
        self, function: Callable[[torch.Tensor], torch.Tensor], rows: torch.Tensor
    ) -> torch.Tensor:
        """A function of one row applied to all, as many at a time as fit into memory."""
        with warnings.catch_warnings():
            # of torch about itself, at the first forward derivative of a process
            warnings.filterwarnings("ignore", "`torch.jit")
            return vmap(function, chunk_size=self.chunk)(rows)

    def _push(self, vector: torch.Tensor) -> torch.Tensor:
        return jvp(self.compared, (self.code,), (vector,))[1]

    @cached_property
    def _pull(self) -> Callable[[torch.Tensor], torch.Tensor]:
        pull = vjp(self.compared, self.code)[1]
        return lambda row: pull(row)[0]

    def _curved(self, row: torch.Tensor) -> torch.Tensor:
        """M times a change of what is compared."""
        if self.is_of_features:
            return 2 * row
        slope = grad(lambda other: self._call(self._distance, self._image, other).sum())
        return jvp(slope, (self._image,), (row.reshape(self._image.shape),))[1].flatten()

    def _compared(self, code: torch.Tensor) -> torch.Tensor:
        images = self._images(code[None])
        return (self._distance.features(images) if self.is_of_features else images)[0].flatten()

    def _call(self, function: Callable, *arguments: torch.Tensor) -> torch.Tensor:
        return functional_call(self._holder, self._state, (function, *arguments))

    def _in_precision(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.detach().to(self.dtype) if tensor.is_floating_point() else tensor

    def _checked_value(self) -> torch.Tensor:
        code = self.code.clone().requires_grad_(True)
        try:
            with torch.enable_grad(), _LostGradient() as watch:
                value = self.compared(code)
        except RuntimeError as error:
            if "requires grad" not in str(error):
                raise
            raise PromiseError(
                path="generator", expected="one that can be differentiated", found=error
            ) from error
        if not torch.isfinite(value).all():
            raise ImageError(
                path="generator",
                expected="finite images and features",
                found=f"{int((~torch.isfinite(value)).sum())} of {len(value)} that are not",
            )
        if not value.requires_grad and watch.lost:
            raise PromiseError(
                path="generator",
                expected="one that can be differentiated",
                found=f"that {watch.lost} ends the gradient",
            )
        if not value.requires_grad:
            raise PromiseError(
                path="generator", expected="images that depend on the code", found="that none does"
            )
        value = value.detach()
        again = self.compared(self.code)
        within = REPEATS_WITHIN.get(value.device.type, REPEATS_WITHIN["cpu"])
        if (value - again).abs().max() > within * value.abs().max():
            raise PromiseError(
                path="generator",
                expected="the same image from the same code",
                found="another one at the second call",
                advice="fix its noise, and set it to eval mode",
            )
        apart = 0.0 if self.is_of_features else float(self.distance_from_here(self.code))
        if abs(apart) > 100 * torch.finfo(self.dtype).eps:
            raise SettingError(
                path="distance", expected="0 between equal images", found=f"{apart:.3g}"
            )
        return value

    def _bytes_of_one(self) -> int:
        """Bytes of what one direction changes on its way through, weights left out."""
        weights = {tensor.data_ptr() for tensor in self._state.values()}
        count = self.value.nbytes

        def note(tensor: torch.Tensor) -> torch.Tensor:
            nonlocal count
            if tensor.data_ptr() not in weights:
                count += tensor.nbytes
            return tensor

        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
            self.compared(self.code.clone().requires_grad_(True))
        return count


class _Holder(nn.Module):
    """Whatever modules a generator and a distance are; calls a function that uses them."""

    def __init__(self, generator: object, distance: object):
        super().__init__()
        self.generator, self.distance = generator, distance

    def forward(self, function: Callable, *arguments: torch.Tensor) -> torch.Tensor:
        return function(*arguments)


class _LostGradient(TorchFunctionMode):
    """Notes the last operation that made a tensor without gradient from one with it."""

    lost = ""

    def __torch_function__(self, function, _classes, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        is_lost = isinstance(result, torch.Tensor) and not result.requires_grad
        if is_lost and _has_gradient(arguments):
            self.lost = resolve_name(function) or str(function)
        return result


def _has_gradient(arguments: tuple) -> bool:
    return any(isinstance(value, torch.Tensor) and value.requires_grad for value in arguments)


def _precision(modules: nn.Module, code: torch.Tensor) -> torch.dtype:
    """The precision of the weights; where there are none, that of the code."""
    has_weights = any(True for _ in modules.parameters()) or any(True for _ in modules.buffers())
    return dtype_of(modules) if has_weights or not code.is_floating_point() else code.dtype


def _one_code(code: torch.Tensor) -> torch.Tensor:
    if (code.dim() > 1 and len(code) != 1) or not code.numel():
        raise CodeError(expected="one code of shape (n,) or (1, n)", found=tuple(code.shape))
    if not torch.isfinite(code).all():
        raise CodeError(expected="a finite code", found="NaN or infinity")
    return code.flatten()
