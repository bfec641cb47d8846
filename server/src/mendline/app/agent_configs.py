"""The agents' configuration of each project, at hand for every request: at most two seconds behind the state."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from mendline.clock import Clock
from mendline.errors import StateError, UsageError
from mendline.model.agent_config import DEFAULT, AgentConfig, read_agent_config
from mendline.store.state import State, load_agent_configs, save_agent_config

FRESH_SECONDS = 2.0
log = logging.getLogger(__name__)


class AgentConfigs:
    """Reads and writes them. Safe to use from several threads."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state, self._clock = state, clock
        self._lock = Lock()
        self._known: Mapping[str, AgentConfig] = {}
        self._looked: float | None = None

    def of(self, project: str) -> AgentConfig:
        """The configuration of a project. A state that cannot be read leaves what was known before."""
        now = self._clock.monotonic()
        if self._looked is None or now - self._looked >= FRESH_SECONDS:
            with self._lock:
                self._looked = now
                self._look()
        return self._known.get(project, DEFAULT)

    def set(self, project: str, document: Any) -> AgentConfig:
        """Change it, for all agents of the project. Raises UsageError, StateError."""
        config = read_agent_config(document)
        with self._state.writing() as connection:
            save_agent_config(connection, project, json.dumps(config.document()), self._clock.now())
        with self._lock:
            self._known = {**self._known, project: config}
        return config

    def name_secret(self, project: str, keys: Sequence[str]) -> AgentConfig:
        """Change which further keys have secret values, and nothing else. Raises as `set` does."""
        return self.set(project, {**self.of(project).document(), "redaction": {"keys": list(keys)}})

    def _look(self) -> None:
        try:
            with self._state.reading() as connection:
                documents = load_agent_configs(connection)
            self._known = {project: read_agent_config(json.loads(text)) for project, text in documents.items()}
        except (StateError, UsageError, ValueError) as error:
            log.warning("The agents' configuration could not be read; what was known stays: %s", error)
