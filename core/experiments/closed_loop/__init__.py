"""A closed loop with a rig: images out, answers in, whatever happens in between."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "answers": ["Answer", "read_answer"],
        "controller": ["RigSession", "run_session"],
        "folder": ["Folder"],
        "record": ["Kept", "kept_blocks"],
        "settings": ["Scores", "SessionSettings", "Stop"],
        "tracking": ["Course", "course_of"],
    },
)
