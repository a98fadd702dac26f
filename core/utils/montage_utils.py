"""Montages of images, and cropping them, under their published names."""

from core.images.montages import (
    PIL_array_to_montage,
    PIL_array_to_montage_score_frame,
    build_montages,
    color_frame,
    color_framed_montages,
    crop_all_from_montage,
    crop_from_montage,
    get_first_non_none_image_size,
    make_grid_np,
    make_grid_T,
)

__all__ = [
    "PIL_array_to_montage",
    "PIL_array_to_montage_score_frame",
    "build_montages",
    "color_frame",
    "color_framed_montages",
    "crop_all_from_montage",
    "crop_from_montage",
    "get_first_non_none_image_size",
    "make_grid_T",
    "make_grid_np",
]
