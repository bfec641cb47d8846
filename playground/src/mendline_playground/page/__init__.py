"""The playground's own page: what is wrong in the shop now, and scenarios to start and stop by hand."""

from mendline_playground.page.server import Page

__all__ = ["Page"]
