"""Checkpoints on other machines: addresses that fsspec knows, read in ranges."""

from modelreport.remote.path import Location, RemotePath, locate

__all__ = ["Location", "RemotePath", "locate"]
