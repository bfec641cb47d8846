"""What browser tests share."""

from browsing import browser, page

__all__ = ["browser", "page"]
