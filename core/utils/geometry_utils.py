"""Paths between codes, under their published names."""

from core.computing.paths import (
    LERP,
    OPPOSITE,
    SLERP,
    ExpMap,
    LERP_torch,
    LExpMap,
    Limits,
    SExpMap,
    SLERP_torch,
    VecTransport,
    ang_dist,
    orthogonalize,
    radial_proj,
    renormalize,
)

__all__ = [
    "LERP",
    "OPPOSITE",
    "SLERP",
    "ExpMap",
    "LERP_torch",
    "LExpMap",
    "Limits",
    "SExpMap",
    "SLERP_torch",
    "VecTransport",
    "ang_dist",
    "orthogonalize",
    "radial_proj",
    "renormalize",
]
