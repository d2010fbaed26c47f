"""Seeded chance: the only source of randomness of the demo, the same on every platform and in every process.

Only uniform integers and fractions are drawn; skewed quantities come from tables of whole numbers, since the
last digit of a logarithm may differ between two machines.
"""

import math
from functools import cache
from statistics import NormalDist
from zlib import crc32

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_STEPS = 4096


def stream(seed: int, *label: object) -> np.random.Generator:
    """A generator of its own for every label, so that one part of the world never shifts another.

    >>> bool(stream(1, "a").integers(10**9) == stream(1, "a").integers(10**9))
    True
    """
    return np.random.Generator(np.random.PCG64([seed, crc32("/".join(map(str, label)).encode())]))


@cache
def lognormal(median: float, sigma: float) -> Ints:
    """Whole-number quantiles of a lognormal distribution; an index drawn at random is a draw from it.

    >>> lognormal(100, 1.5)[[0, 2047, 4095]].tolist()
    [0, 100, 24530]
    """
    normal = NormalDist()
    levels = ((step + 0.5) / _STEPS for step in range(_STEPS))
    return np.array([round(median * math.exp(sigma * normal.inv_cdf(p))) for p in levels], dtype=np.int64)


def skewed(chance: np.random.Generator, size: int, median: float, sigma: float) -> Ints:
    """So many draws from that distribution."""
    drawn: Ints = lognormal(median, sigma)[chance.integers(_STEPS, size=size)]
    return drawn


def weighted(chance: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Indexes drawn with these weights."""
    steps = np.cumsum(weights)
    drawn: Ints = np.searchsorted(steps, chance.random(size) * steps[-1], side="right").astype(np.int64)
    return drawn


def whole(chance: np.random.Generator, expected: Floats) -> Ints:
    """Whole numbers whose mean is what was expected."""
    drawn: Ints = np.floor(expected + chance.random(expected.shape)).astype(np.int64)
    return drawn


def between(chance: np.random.Generator, low: int, high: int) -> int:
    """One whole number, both ends included."""
    return int(chance.integers(low, high + 1))
