"""Fixtures of more than one room."""

from tests.hashed_networks import (  # noqa: F401
    fill,
    golden_networks,
    hashed_signed,
    hashed_unit,
    network,
)
from tests.misbehaving_server import server  # noqa: F401
from tests.small_source_data import published, serve  # noqa: F401
