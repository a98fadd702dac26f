"""Image networks by name, each with the preprocessing that it was trained with.

torchvision's and timm's networks, the robust and face-trained ResNet-50s of the paper, CORnet-S,
CaffeNet and EfficientNet-Lite0. The packages are imported when a name asks for them.
"""

import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from urllib.parse import urlparse

import torch
from torch import nn

from core.computing.devices import choose_device
from core.computing.torchvision_compat import import_torchvision
from core.download import RemoteFile
from core.errors import PromiseError, SettingError, WeightsError
from core.networks.caffenet import Caffenet
from core.networks.efficientnet_lite0 import efficientnet_lite0
from core.networks.preprocessing import CAFFE, IMAGENET, LITE, Preprocessing
from core.optional import import_package
from core.own_parts import is_own, own_part
from core.weights import NETWORKS, WeightFile, WeightSource


@dataclass(frozen=True)
class ImageNetwork:
    """A network in eval mode, its preprocessing, and rows and columns of the images it takes."""

    model: nn.Module
    preprocessing: Preprocessing = IMAGENET
    size: int = 227


TORCHVISION = ("alexnet", "vgg16", "densenet121", "densenet169", "resnet50", "resnet101")
"""Names that mean torchvision's network with its IMAGENET1K_V1 weights, not timm's."""

LOCAL_RESNET50 = {
    "resnet50_linf8": ("imagenet_linf_8_pure.pt", 1000),
    "resnet50_linf_8": ("imagenet_linf_8_pure.pt", 1000),
    "resnet50_linf_4": ("imagenet_linf_4_pure.pt", 1000),
    "resnet50_l2_3_0": ("imagenet_l2_3_0_pure.pt", 1000),
    "resnet50-face_ft": ("resnet50_ft_weight.pt", 8631),
    "resnet50-face_scratch": ("resnet50_scratch_weight.pt", 8631),
}
"""ResNet-50s whose weights have no public home: file and number of classes."""

TIMM_NAMES = {
    "tf_efficientnet_b6": "tf_efficientnet_b6.aa_in1k",
    "tf_efficientnet_b6_ap": "tf_efficientnet_b6.ap_in1k",
}
"""Published names and what they mean today: the weights of the paper's runs."""


def load_network(
    name: str,
    *,
    pretrained: bool = True,
    device: str | torch.device | None = None,
    weights_dir: str | None = None,
    trusted: bool = False,
    allow_download: bool = True,
    own_preprocessing: bool = False,
) -> ImageNetwork:
    """A network by name, or one of the user's, frozen and in eval mode.

    Parameters
    ----------
    name
        ``caffenet``, ``efficientnet_lite0``, ``cornet_s``, one of `TORCHVISION`,
        `LOCAL_RESNET50` or ``vgg16-face``, any name of timm, else any of torchvision; or
        ``module:factory``, a function of the user's that makes a network, with weights of its own:
        a module, whose images are normalised with ImageNet's mean and SD and resized to 227, or an
        `ImageNetwork`, which says what should be done to them.
    pretrained
        Load its weights; otherwise they are random.
    device
        Where it computes; by default CUDA when present, else the CPU.
    weights_dir
        Folder with weight files, looked at first.
    trusted
        Read local weight files that hold more than tensors; they can run any code.
    allow_download
        Whether weights may be fetched.
    own_preprocessing
        Take mean, SD and image size from timm where it states others than ImageNet's and 227; the
        published scorer used these for all of timm's networks.

    Raises
    ------
    SettingError
        If there is no such network; names similar ones. If there is no such function.
    PromiseError
        If the user's function makes no network.
    WeightsError
        If its weights cannot be found, fetched or read.
    MissingPackageError
        If the package that it comes from is not installed.
    """
    source = WeightSource(pretrained, weights_dir, trusted, allow_download)
    device = choose_device(device)
    # weights that are read next must not cost the caller's random numbers
    with torch.random.fork_rng([]) if pretrained else nullcontext():
        network = _maker(name)(name, source)
    network.model.to(device).eval().requires_grad_(False)
    stated = getattr(network.model, "default_cfg", None)
    return _as_stated(network, stated) if own_preprocessing and stated else network


def _as_stated(network: ImageNetwork, stated: dict) -> ImageNetwork:
    """A network of timm with the preprocessing that timm states."""
    preprocessing = Preprocessing(tuple(stated["mean"]), tuple(stated["std"]))
    return ImageNetwork(network.model, preprocessing, stated["input_size"][-1])


def _maker(name: str) -> Callable[[str, WeightSource], ImageNetwork]:
    """The function that makes a network of this name."""
    if is_own(name):
        return _own
    makers = {
        "caffenet": _caffenet,
        "efficientnet_lite0": _lite0,
        "cornet_s": _cornet_s,
        "vgg16-face": _vgg16_face,
        **dict.fromkeys(LOCAL_RESNET50, _local_resnet50),
        **dict.fromkeys(TORCHVISION, torchvision_network),
    }
    return makers.get(name) or (_from_timm if _in_timm(name) else torchvision_network)


def _own(name: str, _source: WeightSource) -> ImageNetwork:
    made = own_part(name)
    network = ImageNetwork(made) if isinstance(made, nn.Module) else made
    if not isinstance(network, ImageNetwork):
        raise PromiseError(
            path=name, expected="a torch.nn.Module or an ImageNetwork", found=type(made).__name__
        )
    return network


def _caffenet(_name: str, source: WeightSource) -> ImageNetwork:
    model = Caffenet(
        source.pretrained,
        weights_dir=source.folder,
        device="cpu",
        trusted=source.trusted,
        allow_download=source.allow_download,
    )
    return ImageNetwork(model, CAFFE)


def _lite0(_name: str, source: WeightSource) -> ImageNetwork:
    return ImageNetwork(efficientnet_lite0(source), LITE, 224)


def _local_resnet50(name: str, source: WeightSource) -> ImageNetwork:
    file, n_classes = LOCAL_RESNET50[name]
    model = import_torchvision().models.resnet50(num_classes=n_classes)
    source.load(model, WeightFile(file))
    return ImageNetwork(model)


def _vgg16_face(_name: str, source: WeightSource) -> ImageNetwork:
    model = import_torchvision().models.vgg16(num_classes=2622)
    source.load(model, WeightFile("vgg16_face.pt"))
    return ImageNetwork(model)


def _cornet_s(_name: str, source: WeightSource) -> ImageNetwork:
    cornet = import_package(
        "cornet", "CORnet-S", "its authors (github.com/dicarlolab/CORnet) say how to install it"
    )
    if source.pretrained and (not source.allow_download or NETWORKS.is_offline()):
        raise WeightsError(
            path="cornet_s",
            expected="permission to download (its package fetches its weights itself)",
            found="that it is forbidden",
        )
    if source.pretrained and source.folder is not None:
        raise WeightsError(
            path="cornet_s",
            expected="no folder of weights (its package fetches its weights itself)",
            found=source.folder,
        )
    model = cornet.cornet_s(pretrained=source.pretrained, map_location="cpu")
    return ImageNetwork(getattr(model, "module", model))


def torchvision_network(name: str, source: WeightSource) -> ImageNetwork:
    """A network of torchvision, with its IMAGENET1K_V1 weights where it has them.

    Parameters
    ----------
    name
        As torchvision has it.
    source
        Whether it gets weights, and where they may come from.

    Raises
    ------
    SettingError
        If torchvision has no such network; names similar ones.
    WeightsError
        If its weights cannot be found, fetched or read.
    MissingPackageError
        If torchvision is not installed.
    """
    models = import_torchvision().models
    if name not in models.list_models(module=models):
        raise SettingError(
            expected="the name of an image network", found=f"{name!r}", advice=_near(name)
        )
    options = {"transform_input": True, "init_weights": False} if name == "googlenet" else {}
    model = models.get_model(name, weights=None, **options)
    published = models.get_model_weights(name)
    version = "IMAGENET1K_V1" if "IMAGENET1K_V1" in published.__members__ else "DEFAULT"
    file = _torchvision_file(published[version].url)
    source.load(model, file, rename=_without_old_names)
    return ImageNetwork(model)


def _torchvision_file(url: str) -> WeightFile:
    """The file at an address that ends in the first digits of its SHA-256."""
    name = Path(urlparse(url).path).name
    digits = re.search(r"-([0-9a-f]{8,})\.", name)
    return WeightFile(name, RemoteFile(url, sha256=digits[1] if digits else None))


def _without_old_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """DenseNet's files say ``norm.1`` where the network says ``norm1``."""
    old = r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\."
    return {re.sub(old, r"\1\2.", name): tensor for name, tensor in state.items()}


def _in_timm(name: str) -> bool:
    timm = _timm()
    return name in TIMM_NAMES or timm.is_model(name)


def _from_timm(name: str, source: WeightSource) -> ImageNetwork:
    name = TIMM_NAMES.get(name, name)
    options = {}
    if source.pretrained:
        state, path = source.read(_timm_file(name), _huggingface_cache(name))
        options["pretrained_cfg_overlay"] = {"state_dict": state}
    try:
        model = _timm().create_model(name, pretrained=source.pretrained, **options)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:160]
        raise WeightsError(
            path=path if source.pretrained else "",
            expected=f"{'the weights of ' * source.pretrained}timm's {name}",
            found=f"an error: {reason}",
        ) from error
    stated = model.default_cfg
    size = stated["input_size"][-1] if stated.get("fixed_input_size") else 227
    return ImageNetwork(model, size=size)


def _timm_file(name: str) -> WeightFile:
    """What timm publishes for a name, on HuggingFace or elsewhere."""
    try:
        published = _timm().get_pretrained_cfg(name)
    except RuntimeError as error:
        raise SettingError(
            path=name, expected="a network of timm", found=f"none ({error})"
        ) from None
    if published is None or not (published.hf_hub_id or published.url):
        raise WeightsError(
            path=name,
            expected="published weights",
            found="none",
            advice="say pretrained=False for random ones",
        )
    full_name = f"{published.architecture}.{published.tag}"
    if not published.hf_hub_id:
        return WeightFile(Path(urlparse(published.url).path).name, RemoteFile(published.url))
    inside = published.hf_hub_filename or "model.safetensors"
    url = f"https://huggingface.co/{published.hf_hub_id}/resolve/main/{inside}"
    return WeightFile(full_name + Path(inside).suffix, RemoteFile(url))


def _huggingface_cache(name: str) -> list[Path]:
    """Where HuggingFace's own client keeps the file, if it does."""
    published = _timm().get_pretrained_cfg(name)
    hub = import_package("huggingface_hub", "timm")
    inside = published.hf_hub_filename or "model.safetensors"
    cached = published.hf_hub_id and hub.try_to_load_from_cache(published.hf_hub_id, inside)
    return [Path(cached)] if isinstance(cached, str) else []


def _timm() -> ModuleType:
    import_torchvision()
    return import_package("timm", "an image network of timm")


def _near(name: str) -> str:
    models = import_torchvision().models
    known = [
        *("caffenet", "efficientnet_lite0", "cornet_s", "vgg16-face"),
        *LOCAL_RESNET50,
        *TIMM_NAMES,
        *models.list_models(module=models),
        *_timm().list_models(),
    ]
    similar = get_close_matches(name, dict.fromkeys(known), n=4, cutoff=0.5)
    return f"similar ones are {', '.join(similar)}" if similar else "nothing is called alike"
