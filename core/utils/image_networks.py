"""Image networks by name, each with the preprocessing that it was trained with.

torchvision's and timm's networks, the robust and face-trained ResNet-50s of the paper, CORnet-S,
CaffeNet and EfficientNet-Lite0. The packages are imported when a name asks for them.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from urllib.parse import urlparse

import torch
from torch import nn

from core.download import RemoteFile
from core.errors import SettingError, WeightsError
from core.optional import import_package
from core.utils.caffenet import Caffenet
from core.utils.devices import choose_device
from core.utils.efficientnet_lite0 import efficientnet_lite0
from core.utils.preprocessing import CAFFE, IMAGENET, LITE, Preprocessing
from core.utils.torchvision_compat import import_torchvision
from core.weights import NETWORKS, WeightFile, load_strictly, locate, read_state


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
) -> ImageNetwork:
    """A network by name, frozen and in eval mode.

    Parameters
    ----------
    name
        ``caffenet``, ``efficientnet_lite0``, ``cornet_s``, one of `TORCHVISION`,
        `LOCAL_RESNET50` or ``vgg16-face``, any name of timm, else any of torchvision.
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

    Raises
    ------
    SettingError
        If there is no such network; names similar ones.
    WeightsError
        If its weights cannot be found, fetched or read.
    MissingPackageError
        If the package that it comes from is not installed.
    """
    device = choose_device(device)
    places = {"folder": weights_dir, "allow_download": allow_download}
    if name == "caffenet":
        model = Caffenet(
            pretrained, weights_dir=weights_dir, device=device, allow_download=allow_download
        )
        network = ImageNetwork(model, CAFFE)
    elif name == "efficientnet_lite0":
        network = ImageNetwork(efficientnet_lite0(pretrained), LITE, 224)
    elif name == "cornet_s":
        network = ImageNetwork(_cornet_s(pretrained, allow_download))
    elif name in LOCAL_RESNET50:
        file, n_classes = LOCAL_RESNET50[name]
        model = import_torchvision().models.resnet50(num_classes=n_classes)
        network = ImageNetwork(_with_local_weights(model, file, pretrained, trusted, places))
    elif name == "vgg16-face":
        model = import_torchvision().models.vgg16(num_classes=2622)
        network = ImageNetwork(
            _with_local_weights(model, "vgg16_face.pt", pretrained, trusted, places)
        )
    elif name in TORCHVISION or not _in_timm(name):
        network = ImageNetwork(_from_torchvision(name, pretrained, places))
    else:
        model = _from_timm(name, pretrained, places)
        size = model.default_cfg["input_size"][-1] if _has_fixed_size(model) else 227
        network = ImageNetwork(model, size=size)
    network.model.to(device).eval().requires_grad_(False)
    return network


def _with_local_weights(
    model: nn.Module, file: str, pretrained: bool, trusted: bool, places: dict
) -> nn.Module:
    if pretrained:
        path = locate(WeightFile(file), **places)
        load_strictly(model, read_state(path, trusted=trusted), path)
    return model


def _from_torchvision(name: str, pretrained: bool, places: dict) -> nn.Module:
    models = import_torchvision().models
    if name not in models.list_models(module=models):
        raise SettingError(f"expected the name of an image network, found {name!r}; {_near(name)}.")
    options = {"transform_input": True, "init_weights": False} if name == "googlenet" else {}
    model = models.get_model(name, weights=None, **options)
    if pretrained:
        published = models.get_model_weights(name)
        version = "IMAGENET1K_V1" if "IMAGENET1K_V1" in published.__members__ else "DEFAULT"
        path = locate(_torchvision_file(published[version].url), **places)
        load_strictly(model, _without_old_names(read_state(path)), path)
    return model


def _torchvision_file(url: str) -> WeightFile:
    """The file at an address that ends in the first digits of its SHA-256."""
    name = Path(urlparse(url).path).name
    digits = re.search(r"-([0-9a-f]{8,})\.", name)
    return WeightFile(name, RemoteFile(url, sha256=digits[1] if digits else None))


def _without_old_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """DenseNet's files say ``norm.1`` where the network says ``norm1``."""
    return {re.sub(r"\b(norm|relu|conv)\.([12])\.", r"\1\2.", k): v for k, v in state.items()}


def _in_timm(name: str) -> bool:
    timm = _timm()
    return name in TIMM_NAMES or timm.is_model(name)


def _from_timm(name: str, pretrained: bool, places: dict) -> nn.Module:
    name = TIMM_NAMES.get(name, name)
    if not pretrained:
        return _timm().create_model(name, pretrained=False)
    file = _timm_file(name)
    path = locate(file, others=_huggingface_cache(name), **places)
    try:
        return _timm().create_model(
            name, pretrained=True, pretrained_cfg_overlay={"state_dict": read_state(path)}
        )
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0]
        raise WeightsError(f"{path}: expected the weights of {name}, found: {reason}") from error


def _timm_file(name: str) -> WeightFile:
    """What timm publishes for a name, on HuggingFace or elsewhere."""
    published = _timm().get_pretrained_cfg(name)
    if published is None or not (published.hf_hub_id or published.url):
        raise WeightsError(
            f"{name}: expected published weights, found none; say pretrained=False for random ones."
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


def _has_fixed_size(model: nn.Module) -> bool:
    return bool(model.default_cfg.get("fixed_input_size"))


def _timm() -> ModuleType:
    import_torchvision()
    return import_package("timm", "an image network of timm")


def _cornet_s(pretrained: bool, allow_download: bool) -> nn.Module:
    cornet = import_package("cornet", "CORnet-S")
    if pretrained and (not allow_download or NETWORKS.is_offline()):
        raise WeightsError(
            "cornet_s: expected permission to download (its package fetches its weights itself), "
            "found that it is forbidden."
        )
    model = cornet.cornet_s(pretrained=pretrained, map_location="cpu")
    return getattr(model, "module", model)


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
