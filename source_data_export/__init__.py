"""Notebooks that take recordings to source data, and what runs them.

The notebooks show the steps and call `neuro_data_analysis`; ``python -m source_data_export``
executes them, each in a fresh kernel.
"""
