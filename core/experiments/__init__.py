"""Work in silico: evolutions, the optimizer benchmark, alignment, linearity."""
