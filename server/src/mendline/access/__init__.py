"""Who may ask, and what every answer carries: loopback guard and security headers (keys and roles come here)."""

from mendline.access.headers import SecurityHeaders
from mendline.access.hosts import LoopbackHostOnly, is_loopback

__all__ = ["LoopbackHostOnly", "SecurityHeaders", "is_loopback"]
