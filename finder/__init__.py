"""Inkling's engine: find a file from an inkling of what is in it. Nothing here imports Qt."""

__version__ = "0.1.0"
