"""Response windows in ms from image onset, half-open."""

Window = tuple[int, int]

EVOKED: Window = (50, 200)
BASELINE: Window = (0, 45)
