"""How many invocations may run at once: reserved for one function, or shared by all others of the account."""

from collections import Counter

from mendline_playground.host.refusals import ThrottledError


class Concurrency:
    """Counts what runs, and refuses what is over a limit.

    "Understanding Lambda function scaling", AWS Lambda Developer Guide: what is reserved for one function is taken from
    the account's limit; functions without a reservation share the rest.
    """

    def __init__(self, account_limit: int) -> None:
        self._account_limit = account_limit
        self._reserved: dict[str, int] = {}
        self._running: Counter[str] = Counter()

    def reserve(self, name: str, limit: int | None) -> None:
        """Reserve a limit for one function; 0 stops it, None takes the reservation away."""
        if limit is None:
            self._reserved.pop(name, None)
            return
        others = sum(value for function, value in self._reserved.items() if function != name)
        if not 0 <= limit <= self._account_limit - others:
            raise ValueError(f"{limit} cannot be reserved for {name}: the account has {self._account_limit - others}.")
        self._reserved[name] = limit

    def reserved(self, name: str) -> int | None:
        """What is reserved for a function, None when nothing is."""
        return self._reserved.get(name)

    def running(self, name: str) -> int:
        """How many invocations of a function run, or wait for an environment."""
        return self._running[name]

    def enter(self, name: str) -> None:
        """Count one more invocation; raises ThrottledError when there is no room for it."""
        limit = self._reserved.get(name)
        if limit is not None:
            if self._running[name] >= limit:
                raise ThrottledError("ReservedFunctionConcurrentInvocationLimitExceeded")
        elif self._shared() >= self._account_limit - sum(self._reserved.values()):
            raise ThrottledError("ConcurrentInvocationLimitExceeded")
        self._running[name] += 1

    def leave(self, name: str) -> None:
        """Count one invocation less."""
        self._running[name] -= 1

    def _shared(self) -> int:
        return sum(count for name, count in self._running.items() if name not in self._reserved)
