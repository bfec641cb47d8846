"""Credentials and clients: boto3's usual chain, a role assumed where the source names one, adaptive retries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from mendline import __version__
from mendline.aws.sources import Source
from mendline.clock import Clock

_SESSION_S = 3600
_RENEW_BEFORE = timedelta(minutes=10)
# Few attempts here: a reader that is throttled on gives up its pass and comes again later.
_CONFIG = Config(
    retries={"mode": "adaptive", "total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=20,
    user_agent_extra=f"mendline/{__version__}",
)


class Sessions:
    """The clients of one source. Those of an assumed role are made anew before the role's session ends."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._session: boto3.Session | None = None
        self._ends: datetime | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._account = ""

    def client(self, service: str, region: str) -> Any:
        """A client of a service in a region. Raises botocore's errors when there are no credentials."""
        if self._ends is not None and self._clock.now() >= self._ends - _RENEW_BEFORE:
            self._forget()
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self._make(self._open(region), service, region)
        return self._clients[key]

    def account(self, region: str) -> str:
        """The account that these credentials belong to (no permission is needed to ask)."""
        if not self._account:
            self._account = str(self.client("sts", region).get_caller_identity()["Account"])
        return self._account

    def close(self) -> None:
        """Close every connection."""
        self._forget()

    def _open(self, region: str) -> boto3.Session:
        if self._session is None:
            session = boto3.Session(profile_name=self._source.profile or None)
            if self._source.role_arn:
                session = self._assume(session, region)
            self._session = session
        return self._session

    def _assume(self, session: boto3.Session, region: str) -> boto3.Session:
        wanted: dict[str, Any] = {"ExternalId": self._source.external_id} if self._source.external_id else {}
        sts = self._make(session, "sts", region)
        try:
            answer: Mapping[str, Any] = sts.assume_role(
                RoleArn=self._source.role_arn,
                RoleSessionName=f"mendline-{self._source.name}"[:64],
                DurationSeconds=_SESSION_S,
                **wanted,
            )["Credentials"]
        finally:
            sts.close()
        self._ends = answer["Expiration"]
        return boto3.Session(
            aws_access_key_id=answer["AccessKeyId"],
            aws_secret_access_key=answer["SecretAccessKey"],
            aws_session_token=answer["SessionToken"],
        )

    def _make(self, session: boto3.Session, service: str, region: str) -> Any:
        client: Any = session.client(  # type: ignore[call-overload]  # one call for every service
            service, region_name=region, endpoint_url=self._source.endpoint_url or None, config=_CONFIG
        )
        return client

    def _forget(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients, self._session, self._ends = {}, None, None
