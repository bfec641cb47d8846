"""The agents' configuration of a project, as JSON text."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from mendline.store.state.tables import agent_configs


def load_agent_configs(connection: Connection) -> dict[str, str]:
    """The documents, by project; a project without one is not there."""
    rows = connection.execute(select(agent_configs.c.project, agent_configs.c.document))
    return {row.project: row.document for row in rows}


def save_agent_config(connection: Connection, project: str, document: str, now: datetime) -> None:
    """Keep the document of a project, in place of an earlier one."""
    connection.execute(delete(agent_configs).where(agent_configs.c.project == project))
    connection.execute(insert(agent_configs).values(project=project, document=document, changed=now))
