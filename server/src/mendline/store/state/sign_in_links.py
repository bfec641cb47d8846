"""Sign-in links at rest: one for a key at a time, found by the hash of its token, gone once used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select

from mendline.store.state.records import SignInLink
from mendline.store.state.tables import sign_in_links


def add_link(connection: Connection, link: SignInLink) -> None:
    """Keep a new link, in place of an earlier one for the same key; those that are over are forgotten."""
    over = or_(sign_in_links.c.key_id == link.key_id, sign_in_links.c.expires <= link.created)
    connection.execute(delete(sign_in_links).where(over))
    values = {name: getattr(link, name) for name in SignInLink.__slots__}
    connection.execute(insert(sign_in_links).values(**values))


def find_link(connection: Connection, hashed: bytes) -> SignInLink | None:
    """The link with this hash, expired or not."""
    row = connection.execute(select(sign_in_links).where(sign_in_links.c.hash == hashed)).first()
    return SignInLink(bytes(row.hash), row.key_id, row.created, row.expires) if row else None


def use_link(connection: Connection, hashed: bytes, now: datetime) -> int | None:
    """Take a link that is still valid; answers its key's id. Of two who come at once, one gets it."""
    link = find_link(connection, hashed)
    taken = connection.execute(delete(sign_in_links).where(sign_in_links.c.hash == hashed)).rowcount
    return link.key_id if link and taken and now < link.expires else None


def end_links_of(connection: Connection, key_id: int) -> None:
    """End every link to a key."""
    connection.execute(delete(sign_in_links).where(sign_in_links.c.key_id == key_id))
