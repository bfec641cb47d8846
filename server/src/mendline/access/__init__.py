"""Who may ask, and what every answer carries: keys, grants, sessions, the gate around the apps, security headers."""

from mendline.access.authorise import Access
from mendline.access.first_link import first_link
from mendline.access.gate import Gate
from mendline.access.grant import Grant, Owner, by_of, grant_of, owner_of
from mendline.access.headers import SecurityHeaders
from mendline.access.hosts import is_loopback
from mendline.access.issue import EVERY_PROJECT, issue_key
from mendline.access.key_text import make_key, read_key
from mendline.access.members import Members
from mendline.access.sign_in import SignIn
from mendline.access.tries import Tries
from mendline.store.state import Scope

__all__ = [
    "EVERY_PROJECT",
    "Access",
    "Gate",
    "Grant",
    "Members",
    "Owner",
    "Scope",
    "SecurityHeaders",
    "SignIn",
    "Tries",
    "by_of",
    "first_link",
    "grant_of",
    "is_loopback",
    "issue_key",
    "make_key",
    "owner_of",
    "read_key",
]
