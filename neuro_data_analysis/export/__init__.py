"""Recordings in, source data out: one module per figure, each writing through the contract.

``python -m neuro_data_analysis.export`` runs them all.
"""
