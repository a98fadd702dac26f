"""Masks, success labels, tests and intervals: what exporters, checks and figures all compute."""
