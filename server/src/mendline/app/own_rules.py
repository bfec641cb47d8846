"""Rules of redaction by project: those of the settings, and the keys that its own people named secret."""

from __future__ import annotations

from collections.abc import Callable

from mendline.ingest.redact import Rules


class OwnRules:
    """`keys_of` answers those of a project; agents have the same ones from its configuration. Made anew where they
    change, since rules remember what they judged. Safe to use from several threads."""

    def __init__(self, everywhere: Rules, keys_of: Callable[[str], tuple[str, ...]]) -> None:
        self._everywhere, self._keys_of = everywhere, keys_of
        self._made: dict[str, tuple[tuple[str, ...], Rules]] = {}

    def of(self, project: str) -> Rules:
        """The rules for what comes now."""
        own = self._keys_of(project)
        if not own:
            return self._everywhere
        keys, rules = self._made.get(project, ((), self._everywhere))
        if keys != own:
            rules = Rules((*self._everywhere.extra_keys, *own), enabled=self._everywhere.enabled)
            self._made[project] = (own, rules)
        return rules
