"""Which functions there are: of each what is $LATEST, which versions are published, where its aliases point."""

import dataclasses
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mendline_playground.host.function import LATEST, Function
from mendline_playground.host.pool import Pool
from mendline_playground.host.refusals import UnknownFunctionError


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version; `weights` gives other versions their share of the invocations, from 0 to 1."""

    name: str
    version: str
    weights: Mapping[str, float] = field(default_factory=dict)

    def choose(self, chance: float) -> str:
        """The version for one invocation; `chance` is uniform in [0, 1)."""
        for version, weight in self.weights.items():
            chance -= weight
            if chance < 0:
                return version
        return self.version


@dataclass(frozen=True, slots=True)
class Target:
    """What one invocation runs: the chosen version, and the qualifier by which it was asked for."""

    pool: Pool
    function: Function
    qualifier: str | None

    @property
    def invoked_arn(self) -> str:
        """The ARN as the caller named it, which the handler finds in its context."""
        return f"{self.function.arn}:{self.qualifier}" if self.qualifier else self.function.arn


class _Entry:
    def __init__(self, latest: Function, pool: Pool) -> None:
        self.pool = pool
        self.versions = {LATEST: latest}
        self.aliases: dict[str, Alias] = {}


class Catalogue:
    """The functions by name; every method raises UnknownFunctionError for what is not there."""

    def __init__(self, make_pool: Callable[[Function], Pool], random_: random.Random) -> None:
        self._make_pool = make_pool
        self._random = random_
        self._entries: dict[str, _Entry] = {}

    def deploy(self, function: Function) -> None:
        """Add a function as its $LATEST; raises ValueError when the name is taken."""
        if function.name in self._entries:
            raise ValueError(f"There is a function named {function.name} already: give each its own name.")
        function = _settled(function, LATEST)
        self._entries[function.name] = _Entry(function, self._make_pool(function))

    def update(self, function: Function) -> None:
        """Replace $LATEST: environments of the old one finish what they do and serve nothing more."""
        entry = self._entry(function.name)
        entry.versions[LATEST] = _settled(function, LATEST)
        entry.pool.retire(LATEST)

    def publish(self, name: str) -> str:
        """Keep $LATEST as it is now under the next number, which is returned."""
        versions = self._entry(name).versions
        number = str(len(versions))
        versions[number] = _settled(versions[LATEST], number)
        return number

    def point_alias(self, name: str, alias: Alias) -> None:
        """Make an alias, or point it to other versions."""
        entry = self._entry(name)
        absent = {alias.version, *alias.weights} - set(entry.versions)
        if absent:
            raise UnknownFunctionError(f"{name} has no version {', '.join(sorted(absent))} for an alias to point to.")
        if not 0 <= sum(alias.weights.values()) <= 1 or min(alias.weights.values(), default=0.0) < 0:
            raise ValueError(f"The weights of alias {alias.name} must be shares from 0 to 1.")
        entry.aliases[alias.name] = alias

    def resolve(self, name: str, qualifier: str | None) -> Target:
        """What an invocation of this name and qualifier (None: $LATEST) runs now."""
        entry = self._entry(name)
        version = qualifier or LATEST
        if version in entry.aliases:
            version = entry.aliases[version].choose(self._random.random())
        if version not in entry.versions:
            raise UnknownFunctionError(f"Function not found: {entry.versions[LATEST].arn}:{qualifier}")
        return Target(entry.pool, entry.versions[version], qualifier)

    def pool(self, name: str) -> Pool:
        """The environments of a function, of all its versions."""
        return self._entry(name).pool

    @property
    def functions(self) -> list[Function]:
        """The $LATEST of every function."""
        return [entry.versions[LATEST] for entry in self._entries.values()]

    @property
    def pools(self) -> list[Pool]:
        """The pool of every function."""
        return [entry.pool for entry in self._entries.values()]

    def _entry(self, name: str) -> _Entry:
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(sorted(self._entries)) or "none"
            raise UnknownFunctionError(f"There is no function named {name}; there are: {known}.") from None


def _settled(function: Function, version: str) -> Function:
    return dataclasses.replace(function, code_dir=function.code_dir.resolve(), version=version)
