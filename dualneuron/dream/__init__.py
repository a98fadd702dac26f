"""Axes between sets of images in an embedding, and embeddings of many images."""
