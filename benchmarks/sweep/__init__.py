"""Sweeps over all models of a library: each in its own process, with limits, resumable."""
