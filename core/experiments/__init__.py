"""Experiments in silico."""
