"""Pictures: grids, montages, canvases, spectra, and names of stimuli."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "canvas": [
            "resize_and_pad",
            "resize_and_pad_canvas",
            "resize_and_pad_tsr",
            "subsample_mask",
        ],
        "grid_layout": ["make_grid_T", "make_grid_np"],
        "grids": ["save_imgrid", "save_imgrid_by_row", "show_imgrid", "to_imgrid"],
        "montages": [
            "build_montages",
            "color_frame",
            "color_framed_montages",
            "crop_all_from_montage",
            "crop_from_montage",
        ],
        "opening": ["open_rgb"],
        "pil_montages": ["PIL_array_to_montage", "PIL_array_to_montage_score_frame"],
        "range": ["check_range"],
        "spectra": ["calculate_rms_contrast", "power_spectrum_freq", "power_spectrum_orientation"],
        "stimulus_names": ["parse_stimulus_names", "stimulus_name"],
    },
)
