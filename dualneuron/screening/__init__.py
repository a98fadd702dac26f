"""Showing a network many images and ordering them by the response of every neuron."""
