"""The starting points of the original, which it drew from CUDA's generator under a network's seed.

The original seeded torch, drew the network on the CPU, and then drew the starting point on the GPU,
whose generator counts by itself: element i is the first of two normal numbers that Philox 4x32-10
(Salmon et al. 2011) with the seed as key gives for the counter (0, 0, i, 0). Integer arithmetic and
a Box-Muller transform say the same on any machine. Without a network, at depth 0, the original
seeded nothing.
"""

import numpy as np

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (0x9E3779B9, 0xBB67AE85)
"""What is added to the key's two words after each round."""

WORD = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


def published_start(dimension: int, seed: int) -> np.ndarray:
    """Starting point ``(dimension,)`` that the original used with the network of a seed.

    It is ``torch.randn(1, dimension, dtype=torch.float64, device="cuda")`` after
    ``torch.manual_seed(seed)``, for up to 256 dimensions.

    Parameters
    ----------
    dimension
        d, at most 256.
    seed
        The network's.

    Examples
    --------
    >>> published_start(2, 40).round(6).tolist()
    [-0.500617, -0.756014]
    """
    counter = np.zeros((4, dimension), dtype=np.uint64)
    counter[2] = np.arange(dimension)
    a, b, c, d = philox(counter, seed)
    # 53 bits each; u lies in (0, 1) and the angle in (0, 2 pi)
    u = (a ^ (b << np.uint64(21))) * 2.0**-53 + 2.0**-54
    angle = ((c ^ (d << np.uint64(21))) * 2.0**-52 + 2.0**-53) * np.pi
    return np.sqrt(-2 * np.log(u)) * np.sin(angle)


def philox(counter: np.ndarray, key: int) -> np.ndarray:
    """Random 32-bit words of Philox 4x32-10, each in 64 bits.

    Parameters
    ----------
    counter : (4, n)
        Words of n counters, uint64 below 2**32; the least significant first.
    key
        64 bits.

    Returns
    -------
    (4, n)

    Examples
    --------
    >>> [hex(word) for word in philox(np.zeros((4, 1), dtype=np.uint64), 0)[:, 0]]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    keys = [key & 0xFFFFFFFF, key >> 32]
    a, b, c, d = counter
    for _ in range(ROUNDS):
        first, second = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a, c = (second >> WORD) ^ b ^ np.uint64(keys[0]), (first >> WORD) ^ d ^ np.uint64(keys[1])
        b, d = second & LOW, first & LOW
        keys = [(k + weyl) & 0xFFFFFFFF for k, weyl in zip(keys, WEYL, strict=True)]
    return np.stack([a, b, c, d])
