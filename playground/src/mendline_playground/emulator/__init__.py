"""The AWS emulator (ministack) as a child process, with execution handed to our Lambda host."""

from mendline_playground.emulator.server import MINISTACK_VERSION, Ministack, ministack_python

__all__ = ["MINISTACK_VERSION", "Ministack", "ministack_python"]
