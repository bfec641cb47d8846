"""What the tests of the readers share: a local AWS (ministack, or moto where said), credentials, readers to run."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import pytest
from aws import local_aws
from aws.inbox import Inbox
from hand_clock import HandClock

from mendline.aws.calls import Calls
from mendline.aws.scheduler import AwsReaders
from mendline.aws.sessions import Sessions
from mendline.aws.sources import Pace, Reading, Source
from mendline.aws.status import Status


@pytest.fixture(scope="session", autouse=True)
def _descriptions_read_once() -> Iterator[None]:
    """boto3 reads the descriptions of services anew for each session, which takes longer than most of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders, "create_loader", functools.cache(botocore.loaders.create_loader))
        yield


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys that are none, and nothing of the machine's own AWS configuration."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


@pytest.fixture(scope="session")
def ministack_url() -> Iterator[str]:
    with local_aws.ministack() as url:
        yield url


@pytest.fixture
def endpoint(ministack_url: str) -> str:
    """An empty ministack."""
    local_aws.ask(ministack_url, "/_ministack/reset", method="POST")
    return ministack_url


@pytest.fixture
def clients(endpoint: str) -> Iterator[Callable[[str], Any]]:
    """Clients of the user whose AWS is read: `clients("sqs")`."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = boto3.client(service, region_name=local_aws.REGION, endpoint_url=endpoint)
        return made[service]

    yield client
    for each in made.values():
        each.close()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime.now(UTC).replace(second=0, microsecond=0))


@pytest.fixture
def lines() -> list[tuple[Any, ...]]:
    """What was given to `convert`: (account, region, group, stream, messages)."""
    return []


@pytest.fixture
def readers_of(
    tmp_path: Path, inbox: Inbox, clock: HandClock, lines: list[tuple[Any, ...]]
) -> Iterator[Callable[..., AwsReaders]]:
    """Readers of sources, with their progress in one folder, so that a second call is a restart."""
    made: list[AwsReaders] = []

    def make(*sources: Source, **pace: int) -> AwsReaders:
        def convert(account: str, region: str, group: str, stream: str, events: Any) -> list[Any]:
            lines.append((account, region, group, stream, [event["message"] for event in events]))
            return []

        reading = Reading(sources, Pace(**({"calls_per_second": 100_000} | pace)))
        made.append(AwsReaders(reading, tmp_path / "aws", inbox.emit, convert, clock, jitter=lambda: 0.5))
        return made[-1]

    yield make
    for readers in made:
        readers.stop()


@pytest.fixture
def readers(endpoint: str, readers_of: Callable[..., AwsReaders]) -> AwsReaders:
    """Readers of the local AWS."""
    return readers_of(Source("shop", (local_aws.REGION,), endpoint_url=endpoint))


@pytest.fixture
def calls_to(clock: HandClock) -> Iterator[Callable[[str], Calls]]:
    """Calls to an endpoint, for a reader on its own."""
    made: list[Sessions] = []

    def make(url: str) -> Calls:
        made.append(Sessions(Source("alone", (local_aws.REGION,), endpoint_url=url), clock))
        return Calls(made[-1], local_aws.REGION, Status("alone"), threading.Event())

    yield make
    for sessions in made:
        sessions.close()
