"""Optimizers, plots and other tools, under the names of the published toolbox."""
