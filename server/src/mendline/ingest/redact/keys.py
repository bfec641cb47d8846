"""Whether a key's value is a secret: decided by the words of the key, split at case and punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mendline.ingest.redact import names

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MOST_KEY = 128
_INSIDE: tuple[Mapping[str, tuple[str, ...]], ...] = (names.ANYWHERE, names.AT_THE_END, names.WORDS)
_MOST_KNOWN = 8192


class Keys:
    """Knows which keys are secret. `extra` are further names, matched like `password`: anywhere in a key."""

    __slots__ = ("_anywhere", "_known", "_whole", "extra")

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self.extra = tuple(name for given in extra if (name := "|".join(_words(given))))
        self._anywhere = [("custom", name.replace("|", "")) for name in self.extra]
        self._anywhere += [(rule, name.replace("|", "")) for rule, all_ in names.ANYWHERE.items() for name in all_]
        self._whole = {name.replace("|", ""): rule for rule, all_ in names.WHOLE.items() for name in all_}
        self._known: dict[str, str] = {}

    def rule(self, key: str) -> str:
        """The rule that makes this key's value a secret, or an empty text. Case and punctuation do not matter."""
        known = self._known.get(key)
        if known is None:
            known = self._judge(key[:_MOST_KEY])
            if len(self._known) < _MOST_KNOWN and len(key) <= _MOST_KEY:
                self._known[key] = known
        return known

    def marks(self) -> tuple[str, ...]:
        """Small-letter texts of which a key must hold one (ended by `"` where the key must end) to be secret."""
        inside = [name for table in _INSIDE for name in _flat(table)]
        ends = [f'{text}"' for name in _flat(names.WHOLE) for text in names.spellings(name)]
        return tuple(dict.fromkeys([t for name in (*inside, *self.extra) for t in names.spellings(name)] + ends))

    def _judge(self, key: str) -> str:
        if key.lower() in names.KNOWN_HARMLESS:
            return ""
        words = _words(key)
        last = _words(key.rpartition(".")[2]) if "." in key else words
        return self._whole.get("".join(last)) or self._long_name(words) or _short_name(words)

    def _long_name(self, words: list[str]) -> str:
        text = "".join(words)
        for rule, name in self._anywhere:
            at = text.rfind(name)
            if at >= 0 and not _denied(*_after(words, at + len(name))):
                return rule
        return ""


def _short_name(words: list[str]) -> str:
    for index, word in enumerate(words):
        for rule, all_ in names.WORDS.items():
            if word in all_ and not _denied("", words[index + 1 :]):
                return rule
    for rule, all_ in names.AT_THE_END.items():
        for name in all_:
            if _ends_with(words, name):
                return rule
    return ""


def _ends_with(words: list[str], name: str) -> bool:
    """Whether the last word that holds the name ends with it, and what stands around does not deny it."""
    for index in range(len(words) - 1, -1, -1):
        before, found, rest = words[index].rpartition(name)
        if found:
            return not _denied("", words[index + 1 :]) and _is_held(words, index, before, rest, name)
    return False


def _is_held(words: list[str], index: int, before: str, rest: str, name: str) -> bool:
    owner = before or (words[index - 1] if index else "")
    if name == "token" and owner in names.MARKS_OF_PLACE:
        return False
    if rest == "s":
        return name == "pwd" or owner in names.HOLDERS
    return not rest or rest in names.VALUE_ENDS


def _after(words: list[str], end: int) -> tuple[str, list[str]]:
    """What of the word in which a name ends is left after it, and the words after that; `end` counts letters."""
    reached = 0
    for index, word in enumerate(words):
        reached += len(word)
        if reached >= end:
            return word[len(word) - (reached - end) :], words[index + 1 :]
    return "", []


def _denied(rest: str, words: list[str]) -> bool:
    if rest.startswith("s") and rest[1:] in names.AFTER_IT_IS_NONE:
        rest = rest[1:]
    return rest in names.REST_IS_NONE or not names.AFTER_IT_IS_NONE.isdisjoint((rest, *words))


def _words(key: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(key)]


def _flat(table: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [name for all_ in table.values() for name in all_]
