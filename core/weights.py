"""Weights of networks: where they are, fetched once, verified, and read without running anything.

A file is looked for in the folder that the caller names, in the folder that an environment
variable names, in the cache and where older programs put it; only then is it fetched from its
public home. What is known of its bytes is checked when a process first uses it, and again once the
file has changed; for a file without a published checksum the one of the first complete download is
kept beside it.
"""

import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.download import RemoteFile, download, mismatch
from core.errors import DownloadError, MissingPackageError, WeightsError
from core.files import sha256, write_text
from core.optional import import_package

if TYPE_CHECKING:
    import torch
    from torch import nn

State = dict[str, "torch.Tensor"]
"""Tensors by name."""

WRAPPER = "module."
"""What torch's wrappers for training on several devices put in front of all names."""

KINDS = {
    **dict.fromkeys(("torch.nn.", "torch.fx.", "torchvision.", "timm."), "a whole network"),
    "numpy.": "a NumPy value",
}
"""What an object in a file of weights is, by the beginning of its class's name."""

RUNS_CODE = "and a file with objects can run any code, so it was not read"

TENSORS_ALONE = "where you trust it, load it and save its state_dict(), the tensors alone"
"""What to do about a file that holds more than tensors."""

LATER_OPERANDS = range(0x8C, 0x98)
"""What pickle's protocols 4 and 5 added."""

SHOWN = 4
"""Names that a message lists before it says how many more there are."""

_sound: set[tuple] = set()
"""What this process has verified: path, identity of the file, what is known of its bytes."""


def torch_hub_checkpoints() -> Path:
    """Folder in which torch.hub keeps downloaded weights."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints"


@dataclass(frozen=True)
class Home:
    """How the weight files of one family are found.

    Attributes
    ----------
    folder_variable
        Environment variable that names a folder with the files.
    offline_variable
        Environment variable that forbids downloads when it is set to anything but 0.
    cache
        Gives the folder for downloads.
    """

    folder_variable: str
    offline_variable: str
    cache: Callable[[], Path]

    def named_folder(self) -> Path | None:
        """The folder that the environment names.

        Raises
        ------
        WeightsError
            If there is no such folder.
        """
        value = os.environ.get(self.folder_variable)
        if not value:
            return None
        folder = Path(os.path.expanduser(value))  # noqa: PTH111 (an unknown ~user stays as it is)
        if not folder.is_dir():
            raise WeightsError(
                path=folder, expected=f"the folder that {self.folder_variable} names", found="none"
            )
        return folder

    def is_offline(self) -> bool:
        """Whether the environment forbids downloads."""
        return os.environ.get(self.offline_variable, "0") not in ("", "0")


NETWORKS = Home("NETWORK_WEIGHTS", "NETWORK_WEIGHTS_OFFLINE", torch_hub_checkpoints)
"""Home of generators and image networks."""


@dataclass(frozen=True)
class WeightFile:
    """One file of weights.

    Attributes
    ----------
    name
        File name in the cache.
    remote
        Its public home and what is known of its bytes; None if it has no public home.
    aliases
        Paths, relative to any of the folders, under which other programs keep the same file.
    home
        How files of its family are found.
    """

    name: str
    remote: RemoteFile | None = None
    aliases: tuple[str, ...] = ()
    home: Home = NETWORKS


def locate(
    file: WeightFile,
    *,
    folder: str | Path | None = None,
    others: Iterable[Path] = (),
    allow_download: bool = True,
) -> Path:
    """Path of a verified weight file, fetched if need be.

    Parameters
    ----------
    file
        Which one.
    folder
        Look here first.
    others
        Further paths at which it may already lie; tried before a download.
    allow_download
        Whether it may be fetched.

    Returns
    -------
    Path

    Raises
    ------
    WeightsError
        If it is nowhere and cannot be fetched, or is damaged; names file, address and variable.

    Examples
    --------
    >>> locate(WeightFile("of_this_example.pt"), folder="/nowhere")
    Traceback (most recent call last):
    core.errors.WeightsError: /nowhere: expected a folder with of_this_example.pt, found none.
    """
    try:
        for path in _places(file, folder, others):
            if path.is_dir():
                raise WeightsError(path=path, expected="a file of weights", found="a folder")
            if path.is_file():
                return _verified(path, file)
    except OSError as error:
        raise WeightsError(
            path=error.filename,
            expected=f"to read {file.name}",
            found=f"an error: {error.strerror}",
            advice=_advice(file),
        ) from error
    if file.remote is None or not allow_download or file.home.is_offline():
        raise _not_found(file, folder, allow_download)
    target = file.home.cache() / file.name
    try:
        download(file.remote, target)
    except DownloadError as error:
        failed = WeightsError(error.clause, path=file.name, advice=_advice(file))
        failed.exit_code = error.exit_code  # no mistake of the user's
        raise failed from None
    if not (file.remote.sha256 or file.remote.git_blob):
        write_text(_record(target), f"{sha256(target)}  {target.name}\n")
    return _verified(target, file)


@dataclass(frozen=True)
class WeightSource:
    """Whether a network gets its weights, and where they may come from.

    Attributes
    ----------
    pretrained
        Load the published weights; otherwise they are random.
    folder
        Folder with weight files, looked at first.
    trusted
        Read local files that hold more than tensors; they can run any code.
    allow_download
        Whether weights may be fetched.

    Examples
    --------
    >>> import torch
    >>> network = torch.nn.Linear(2, 1)
    >>> WeightSource(pretrained=False).load(network, WeightFile("of_this_example.pt"))
    >>> WeightSource(allow_download=False).load(
    ...     network, WeightFile("of_this_example.pt")
    ... )  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    core.errors.WeightsError: of_this_example.pt: expected in ..., found nowhere, and it has no \
public address. Put of_this_example.pt into a folder and name the folder with the environment \
variable NETWORK_WEIGHTS.
    """

    pretrained: bool = True
    folder: str | Path | None = None
    trusted: bool = False
    allow_download: bool = True

    def read(self, file: WeightFile, others: Iterable[Path] = ()) -> tuple[State, Path]:
        """Tensors of a verified file, and its path.

        Parameters
        ----------
        file
            Which one.
        others
            Further paths at which it may already lie; tried before a download.

        Returns
        -------
        state : dict
            Tensors by stored name, on the CPU.
        path : Path

        Raises
        ------
        WeightsError
            If the file cannot be found, fetched or read.
        """
        path = locate(file, folder=self.folder, others=others, allow_download=self.allow_download)
        return read_state(path, trusted=self.trusted), path

    def load(
        self,
        module: "nn.Module",
        file: WeightFile,
        others: Iterable[Path] = (),
        rename: Callable[[State], State] = dict,
    ) -> None:
        """Load a file into a network, if the network is to have its weights.

        Parameters
        ----------
        module
            The network; names and shapes must be the file's.
        file
            Which one.
        others
            Further paths at which it may already lie; tried before a download.
        rename
            Gives the stored tensors the names of the network.

        Raises
        ------
        WeightsError
            If the file cannot be found, fetched or read, or is that of another network.
        """
        if self.pretrained:
            state, path = self.read(file, others)
            load_strictly(module, rename(state), path)


def read_state(path: str | Path, *, trusted: bool = False) -> State:
    """State dict of a file, on the CPU; a file that holds Python objects is refused.

    A checkpoint that holds the state dict under ``state_dict`` is read, the rest of it left out;
    ``module.`` in front of all names, which parallel training leaves there, is taken off.

    Parameters
    ----------
    path
        File that ``torch.save`` wrote, or ``*.safetensors``.
    trusted
        Read it even if it holds Python objects. Such a file can run any code: only for files
        that you made yourself.

    Returns
    -------
    dict
        Tensors by stored name.

    Raises
    ------
    WeightsError
        If the file is damaged, is no state dict, or holds more than tensors.

    Examples
    --------
    >>> read_state("/nowhere/weights.pt")
    Traceback (most recent call last):
    core.errors.WeightsError: /nowhere/weights.pt: expected a file of weights, found none.
    """
    import torch

    path = Path(path)
    if not path.is_file():
        raise WeightsError(path=path, expected="a file of weights", found="none")
    try:
        if path.suffix == ".safetensors":
            state = import_package("safetensors.torch", f"reading {path.name}").load_file(path)
        else:
            with warnings.catch_warnings(action="ignore"):  # of pickle's protocol, which is read
                state = torch.load(path, map_location="cpu", weights_only=not trusted)
    except MissingPackageError:
        raise
    except PermissionError as error:
        raise WeightsError(
            path=path, expected="to read it", found=f"an error: {error.strerror}"
        ) from None
    except Exception as error:  # a damaged file can make the readers fail in any way
        raise _unreadable(path, str(error)) from None
    return _without_wrapper(_checked_state(state, path))


def _unreadable(path: Path, words: str) -> WeightsError:
    """What is in a file that torch's reader of tensors refused, and what to do about it.

    Parameters
    ----------
    path
        The file.
    words
        What torch says, which advises to run what is in the file.
    """
    operand = re.search(r"Unsupported operand (\d+)", words)
    if name := re.search(r"(?:GLOBAL|[Gg]lobal:?|class:?) ([\w.]+\.\w+)", words):
        kinds = (kind for start, kind in KINDS.items() if name[1].startswith(start))
        found = f"{next(kinds, 'a Python object')} ({name[1]:.80}), {RUNS_CODE}"
    elif "TorchScript" in words:
        found = f"a program (TorchScript), {RUNS_CODE}"
    elif operand and int(operand[1]) in LATER_OPERANDS:
        found = "a pickle of protocol 4 or later, from which torch reads no tensors alone"
    else:
        return WeightsError(
            path=path,
            expected="a file of weights",
            found=f"{path.stat().st_size} bytes that cannot be read",
            advice="the file is damaged or another one",
        )
    return WeightsError(path=path, expected="tensors only", found=found, advice=TENSORS_ALONE)


def _checked_state(state: object, path: Path) -> State:
    """The tensors of a file by name, which it may hold under ``state_dict``."""
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping):
        raise WeightsError(
            path=path, expected="a state dict (name: tensor)", found=type(state).__name__
        )
    others = [str(name) for name, value in state.items() if not _is_entry(name, value)]
    if others:
        raise WeightsError(
            path=path, expected="a state dict (name: tensor)", found=f"more: {_some(others)}"
        )
    return dict(state)


def _without_wrapper(state: State) -> State:
    """Names as the network gives them: ``module.`` in front of all of them comes from a wrapper."""
    while state and all(name.startswith(WRAPPER) for name in state):
        state = {name.removeprefix(WRAPPER): tensor for name, tensor in state.items()}
    return state


def load_strictly(
    module: "nn.Module", state: Mapping[str, "torch.Tensor"], source: str | Path
) -> None:
    """Copy a state dict into a module whose names and shapes must match it exactly.

    Only the batch counters of batch norms, which old files lack and nothing uses, may be missing.

    Parameters
    ----------
    module
        The network.
    state
        Tensors by name.
    source
        Where they come from, for messages.

    Raises
    ------
    WeightsError
        If names are missing or too many, shapes differ, or values are not finite.

    Examples
    --------
    >>> import torch
    >>> layer = torch.nn.Linear(2, 1)
    >>> load_strictly(layer, {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}, "example.pt")
    >>> load_strictly(layer, {"weight": torch.ones(1, 2)}, "example.pt")
    Traceback (most recent call last):
    core.errors.WeightsError: example.pt: expected the weights of Linear, found others (missing: \
bias).
    """
    import torch

    expected = module.state_dict()
    counters = {k: v for k, v in expected.items() if k.endswith("num_batches_tracked")}
    state = {**counters, **state}
    problems = []
    for words, names in (
        ("missing", expected.keys() - state.keys()),
        ("not expected", state.keys() - expected.keys()),
    ):
        if names:
            problems.append(f"{words}: {_some(sorted(names))}")
    for name in [name for name in expected if name in state]:
        found, wanted = tuple(state[name].shape), tuple(expected[name].shape)
        if found != wanted:
            problems.append(f"{name} has shape {found} instead of {wanted}")
        elif expected[name].is_floating_point() != state[name].is_floating_point():
            problems.append(f"{name} holds values of {state[name].dtype}")
        elif not torch.isfinite(state[name].to(expected[name].dtype)).all():
            problems.append(f"{name} holds values that are not finite")
    if problems:
        raise WeightsError(
            path=source,
            expected=f"the weights of {type(module).__name__}",
            found=f"others ({_some(problems, '; ')})",
        )
    module.load_state_dict(state)


def _places(file: WeightFile, folder: str | Path | None, others: Iterable[Path]) -> Iterator[Path]:
    if folder is not None and not Path(folder).is_dir():
        raise WeightsError(path=folder, expected=f"a folder with {file.name}", found="none")
    folders = [folder, file.home.named_folder(), file.home.cache()]
    names = (file.name, *file.aliases)
    yield from (Path(place) / name for place in folders if place is not None for name in names)
    yield from others


def _verified(path: Path, file: WeightFile) -> Path:
    expected = file.remote or RemoteFile("")
    if not expected.sha256:
        expected = replace(expected, sha256=_recorded(path))
    status = path.stat()
    identity = (status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)
    verified = (path.resolve(), identity, expected)
    if verified in _sound:
        return path
    if problem := mismatch(path, expected):
        again = ", remove it to fetch it again" if expected.url else ""
        raise WeightsError(
            path=path,
            **problem._asdict(),
            advice=f"the file is incomplete or another one{again}",
        )
    _sound.add(verified)
    return path


def _recorded(path: Path) -> str | None:
    """The checksum that is kept beside a file, if there is one."""
    record = _record(path)
    text = record.read_text(encoding="utf-8", errors="replace") if record.is_file() else ""
    found = re.match(r"[0-9a-f]{64}\b", text)
    return found[0] if found else None


def _is_entry(name: object, value: object) -> bool:
    """Whether a name and a value are what a state dict of dense numbers holds."""
    import torch

    return (
        isinstance(name, str)
        and isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and not value.is_quantized
    )


def _record(path: Path) -> Path:
    """Where the checksum of a first complete download is kept."""
    return path.with_name(f"{path.name}.sha256")


def _not_found(file: WeightFile, folder: str | Path | None, allow_download: bool) -> WeightsError:
    where = folder or os.environ.get(file.home.folder_variable) or file.home.cache()
    if file.remote is None or not file.remote.url:
        why = "it has no public address"
    elif not allow_download:
        why = f"{file.remote.url} may not be fetched (allow_download=False)"
    else:
        why = f"{file.remote.url} may not be fetched ({file.home.offline_variable} is set)"
    found = f"nowhere, and {why}"
    return WeightsError(path=file.name, expected=f"in {where}", found=found, advice=_advice(file))


def _advice(file: WeightFile) -> str:
    return (
        f"Put {file.name} into a folder and name the folder with the environment variable "
        f"{file.home.folder_variable}."
    )


def _some(names: list[str], separator: str = ", ") -> str:
    more = len(names) - SHOWN
    return separator.join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
