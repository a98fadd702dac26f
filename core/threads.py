"""The two threads of every experiment: their numbers, their generators, the words of columns."""

THREADS = ("DeePSim", "BigGAN")
"""Generator of thread 0 and of thread 1."""

N_THREADS = len(THREADS)

BIGGAN = THREADS.index("BigGAN")
"""Number of BigGAN's thread."""

PREFIXES = ("FC", "BG")
"""Beginning of a thread's columns in published tables (DeePSim's codes are those of fc6)."""

COLUMN_PREFIX = dict(zip(THREADS, PREFIXES, strict=True))
"""Beginning of a thread's columns, by generator."""

SUCCESS_WORDS = (*PREFIXES, "both", "none", "any")
"""Beginnings of the success labels: of either thread, then of the two together."""
