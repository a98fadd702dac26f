"""What is done to images, against closed forms and against torchvision."""

from importlib import import_module

import numpy as np
import pytest
import torch
from PIL import Image

from core.computing.torchvision_compat import import_torchvision
from core.errors import ImageError, SettingError
from dualneuron.screening import (
    ClipTransform,
    EnsureRGB,
    ImageTransforms,
    MaskTransform,
    NormTransform,
)
from dualneuron.screening.transforms import center_crop, resize_shorter_side


def picture(height, width, mode="RGB", seed=0):
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values).convert(mode)


def torchvision_transforms():
    """`torchvision.transforms.v2`, also of a torchvision without its compiled kernels."""
    import_torchvision()
    return import_module("torchvision.transforms.v2")


def test_a_mask_is_scaled_to_0_to_1_and_fades_into_the_background():
    mask = np.array([[1.0, 2.0], [3.0, 5.0]])
    seen = MaskTransform(mask, bg_value=2.0)(torch.full((3, 2, 2), 10.0))
    expected = torch.tensor([[2.0, 4.0], [6.0, 10.0]])
    torch.testing.assert_close(seen, expected.expand(3, 2, 2))


def test_a_mask_of_another_size_is_resized_bilinearly_between_pixel_centres():
    ramp = np.tile([0.0, 1.0], (2, 1))
    seen = MaskTransform(ramp)(torch.ones(1, 4, 4))
    # centres of 4 columns lie at -0.25, 0.25, 0.75, 1.25 of 2; beyond the ends it is constant
    torch.testing.assert_close(seen[0], torch.tensor([0.0, 0.25, 0.75, 1.0]).expand(4, 4))


@pytest.mark.parametrize("mask", [np.ones((4, 4)), np.full((4, 4), np.nan), np.eye(3)[None]])
def test_a_mask_that_shows_nothing_is_refused(mask):
    with pytest.raises(SettingError, match=r"mask: expected a (mask that|plane of)"):
        MaskTransform(mask)


def test_the_norm_is_that_of_the_whole_image():
    image = torch.randn(3, 7, 5, generator=torch.Generator().manual_seed(0))
    seen = NormTransform(40.0)(image)
    assert seen.norm().item() == pytest.approx(40.0, abs=1e-5)
    torch.testing.assert_close(seen / image, torch.full_like(image, 40.0 / image.norm().item()))
    assert NormTransform(40.0)(torch.zeros(1, 2, 2)).norm() == 0


def test_clipping_and_channels():
    assert ClipTransform(-1, 2)(torch.tensor([-3.0, 0.5, 9.0])).tolist() == [-1.0, 0.5, 2.0]
    grey = torch.arange(4.0).reshape(1, 2, 2)
    assert torch.equal(EnsureRGB()(grey), grey.expand(3, 2, 2))
    colour = torch.zeros(3, 2, 2)
    assert EnsureRGB()(colour) is colour
    with pytest.raises(SettingError, match="ascending pair, found 1 and 1"):
        ClipTransform(1, 1)


@pytest.mark.parametrize("crop", [167, 166])
@pytest.mark.parametrize("grey", [True, False])
def test_all_steps_together_are_those_of_torchvision(crop, grey):
    v2 = torchvision_transforms()
    image = picture(236, 301)
    mask = np.hypot(*np.mgrid[-1:1:40j, -1:1:40j])
    seen = ImageTransforms(
        use_center_crop=True,
        crop_size=crop,
        use_resize_output=True,
        output_size=(93, 80),
        use_grayscale=grey,
        use_normalize=True,
        use_mask=True,
        mask=mask,
        bg_value=0.3,
        use_norm=True,
        norm=12.0,
        use_clip=True,
        clip_min=-0.5,
        clip_max=0.4,
        num_channels=3,
    )(image)
    steps = [v2.CenterCrop(crop), v2.Resize((93, 80)), *[v2.Grayscale()] * grey]
    steps += [v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)]
    mean, std = ([0.449], [0.226]) if grey else ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    normal = v2.Compose([*steps, v2.Normalize(mean, std)])(image)
    resized = torch.nn.functional.interpolate(
        torch.tensor(mask)[None, None], (93, 80), mode="bilinear", align_corners=False
    )[0, 0]
    shown = (resized - resized.min()) / (resized.max() - resized.min())
    masked = normal * shown + 0.3 * (1 - shown)
    expected = (12 * masked / masked.norm()).clamp(-0.5, 0.4).expand(3, -1, -1)
    np.testing.assert_allclose(seen.numpy(), expected.numpy(), atol=2e-6)


def test_the_norm_is_set_before_clipping_and_after_the_mask():
    image = Image.new("L", (2, 1), 255)
    seen = ImageTransforms(
        use_grayscale=True,
        use_mask=True,
        mask=np.array([[0.0, 1.0]]),
        use_norm=True,
        norm=3.0,
        use_clip=True,
        clip_max=2.0,
    )(image)
    assert seen.flatten().tolist() == [0.0, 2.0]


@pytest.mark.parametrize(("size", "expected"), [((500, 375), (341, 256)), ((300, 512), (256, 436))])
def test_the_shorter_side_becomes_256_as_in_torchvision(size, expected):
    v2 = torchvision_transforms()
    image = picture(size[1], size[0])
    resized = resize_shorter_side(image, 256)
    assert resized.size == expected
    np.testing.assert_array_equal(np.asarray(resized), np.asarray(v2.Resize(256)(image)))


@pytest.mark.parametrize("size", [(9, 12), (10, 13), (7, 7)])
def test_the_crop_is_that_of_torchvision(size):
    v2 = torchvision_transforms()
    image = picture(*size)
    for crop in (4, 5, 7):
        expected = np.asarray(v2.CenterCrop(crop)(image))
        np.testing.assert_array_equal(np.asarray(center_crop(image, crop)), expected)


def test_an_image_smaller_than_the_crop_is_refused():
    with pytest.raises(ImageError, match="at least 5 x 5 pixels for the centre crop, found 4 x 9"):
        center_crop(picture(4, 9), 5)


@pytest.mark.parametrize("name", ["mask", "norm"])
def test_a_mask_or_norm_that_is_wanted_must_be_given(name):
    with pytest.raises(SettingError, match=f"expected a {name} .use_{name} is on., found none"):
        ImageTransforms(**{f"use_{name}": True})


def test_without_options_an_image_is_only_made_a_tensor():
    image = picture(3, 5)
    expected = np.asarray(image, np.float32).transpose(2, 0, 1) / 255
    np.testing.assert_array_equal(ImageTransforms()(image).numpy(), expected)
