"""Simulated recordings beside real ones: what both are like in noise, drift and time course.

``python -m neuro_data_analysis.simulation.compare`` prints the table, writes it and draws it. Every
row is computed by the same code from block averages of both; what rows mean: docs/simulation.md.
"""
