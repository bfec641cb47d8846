"""The one place that talks to AWS: every call is paced, counted, stopped at once, and refusals are said, not raised."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from mendline.aws.sessions import Sessions
from mendline.aws.status import Status

Answer = dict[str, Any]

_DENIALS = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "UnauthorizedOperation",
}
# What no other call could do better: the credentials are not good (any more).
_NO_CREDENTIALS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_MOST_REFUSALS = 3  # in a row, after which an action is not tried again in the same pass


class StoppedError(Exception):
    """The server is shutting down; whoever reads ends here."""


class Refusal(StrEnum):
    """Why a call has no answer: AWS does not allow it, the thing is not there (any more), or AWS rejects the call."""

    DENIED = "denied"
    ABSENT = "absent"
    REJECTED = "rejected"


class Calls:
    """Calls to AWS with the credentials of one source, in one region.

    An operation is named as AWS names it, which is how a policy names the action too: `("lambda", "ListFunctions")`.
    """

    def __init__(
        self,
        sessions: Sessions,
        region: str,
        status: Status,
        stopping: threading.Event,
        *,
        calls_per_second: float = 0.0,
    ) -> None:
        self.region = region
        self.status = status
        self.stopping = stopping
        self._sessions = sessions
        self._pause_s = 1.0 / calls_per_second if calls_per_second else 0.0
        self._refused: Counter[str] = Counter()

    @property
    def account(self) -> str:
        """The account number."""
        self.check_stop()
        return self._sessions.account(self.region)

    def begin_pass(self) -> None:
        """Try refused actions again: somebody may have allowed them."""
        self._refused.clear()

    def check_stop(self) -> None:
        """Raises StoppedError when the server shuts down."""
        if self.stopping.is_set():
            raise StoppedError

    def pause(self) -> None:
        """Wait as the pace asks before the next call of many alike."""
        if self._pause_s and self.stopping.wait(self._pause_s):
            raise StoppedError

    def one(self, service: str, operation: str, resource: str = "", **parameters: Any) -> Answer | Refusal:
        """One call. Answers what AWS answers, or why there is nothing (`Refusal`).

        Raises botocore's errors where another call would fare no better: throttling, no credentials, AWS is down.
        """
        return next(self.pages(service, operation, resource, paged=False, **parameters))

    def every(self, service: str, operation: str, key: str, resource: str = "", **parameters: Any) -> list[Any] | None:
        """All items under `key` of all pages; None when there is a `Refusal`."""
        items: list[Any] = []
        for page in self.pages(service, operation, resource, **parameters):
            if isinstance(page, Refusal):
                return None
            items.extend(page.get(key) or ())
        return items

    def pages(
        self, service: str, operation: str, resource: str = "", *, paged: bool = True, **parameters: Any
    ) -> Iterator[Answer | Refusal]:
        """Page by page; the last item is a `Refusal` when AWS does not answer."""
        action = f"{service}:{operation}"
        self.check_stop()
        if self._refused[action] >= _MOST_REFUSALS:
            yield Refusal.DENIED
            return
        try:
            for page in self._answers(service, operation, paged, parameters):
                self.status.count("calls")
                self.status.allow(action, resource)
                self._refused.pop(action, None)
                yield page
                self.check_stop()
        except ClientError as error:
            yield self._judge(action, resource, error)

    def _answers(self, service: str, operation: str, paged: bool, parameters: dict[str, Any]) -> Iterator[Answer]:
        client = self._sessions.client(service, self.region)
        method = xform_name(operation)
        if paged and client.can_paginate(method):
            yield from client.get_paginator(method).paginate(**parameters)
        else:
            yield getattr(client, method)(**parameters)

    def _judge(self, action: str, resource: str, error: ClientError) -> Refusal:
        code = str(error.response.get("Error", {}).get("Code", ""))
        self.status.count("calls")
        if error.operation_name != action.partition(":")[2]:
            raise error  # the role could not be assumed, so nothing is said about the action
        if _is_absence(code):
            self.status.allow(action, resource)
            return Refusal.ABSENT
        if is_throttle(code):
            self.status.count("throttled")
            raise error
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _NO_CREDENTIALS or status >= 500:
            raise error
        if code in _DENIALS or status == 403:
            self._refused[action] += 1
            self.status.refuse(action, resource)
            return Refusal.DENIED
        self.status.reject(action, resource, f"{code}: {error.response.get('Error', {}).get('Message', '')}")
        return Refusal.REJECTED


def is_throttle(code: str) -> bool:
    """Whether AWS says that it is asked too often (the codes of its services differ)."""
    return "Throttl" in code or code in {"TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException"}


def _is_absence(code: str) -> bool:
    """Whether AWS says that there is no such thing."""
    return code.endswith(("NotFound", "NotFoundException", "NonExistentQueue")) or code in {
        "NoSuchEntity",
        "QueueDoesNotExist",
    }
