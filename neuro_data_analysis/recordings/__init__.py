"""Files in, experiments out."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "dataset": ["Recordings", "matroot", "open_recordings", "recordings_from"],
        "experiment": ["Experiment"],
        "formatted": ["FormattedRecording", "read_formatted"],
        "layout": ["Folders"],
    },
)
