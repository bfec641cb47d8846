"""Mendline: serverless observability that shortens the time from "something is wrong" to "it is mended"."""

from mendline._version import __version__

__all__ = ["__version__"]
