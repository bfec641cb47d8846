"""The pages: server-rendered, each with its whole state in the URL and a JSON twin. Shows; computes nothing."""

from mendline.web.context import WebContext
from mendline.web.failures import error_response
from mendline.web.pages.sign_in import sign_in_routes
from mendline.web.routes import build_routes
from mendline.web.server_facts import Arrivals, OwnKeys, Redacted, ServerFacts

__all__ = [
    "Arrivals",
    "OwnKeys",
    "Redacted",
    "ServerFacts",
    "WebContext",
    "build_routes",
    "error_response",
    "sign_in_routes",
]
