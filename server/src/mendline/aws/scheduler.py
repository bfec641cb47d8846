"""When what is read: one thread that runs the readings of every source and region, each at its pace."""

from __future__ import annotations

import contextlib
import logging
import random
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from mendline.aws.calls import StoppedError
from mendline.aws.log_group import Convert
from mendline.aws.progress import Emit
from mendline.aws.region import Region
from mendline.aws.sessions import Sessions
from mendline.aws.sources import Reading
from mendline.aws.status import Denied
from mendline.clock import Clock, SystemClock
from mendline.errors import MendlineError

log = logging.getLogger(__name__)
_LONGEST_BACKOFF_S = 900.0
_SOON_S = 20.0


@dataclass(slots=True)
class _Job:
    kind: str
    region: Region
    read: Callable[[], bool]
    every_s: float
    due: float
    failures: int = 0


class AwsReaders:
    """Reads AWS for as long as it runs.

    `emit` takes export requests and has made them durable when it returns; `convert` makes export requests of log
    events. `folder` holds how far each reading has come. `jitter` answers numbers from 0 to 1.
    """

    def __init__(
        self,
        reading: Reading,
        folder: Path,
        emit: Emit,
        convert: Convert,
        clock: Clock | None = None,
        *,
        jitter: Callable[[], float] = random.random,
        random_hex: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self._clock = clock or SystemClock()
        self._jitter = jitter
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.sources = reading.sources
        self._sessions = [Sessions(source, self._clock) for source in reading.sources]
        self._regions = [
            Region(
                source,
                region,
                reading.pace,
                folder,
                sessions=sessions,
                stopping=self._stopping,
                emit=emit,
                convert=convert,
                clock=self._clock,
                random_hex=random_hex,
            )
            for source, sessions in zip(reading.sources, self._sessions, strict=True)
            for region in source.regions
        ]
        now = self._clock.monotonic()
        self._jobs = [
            _Job(kind, region, read, float(every_s), now)
            for region in self._regions
            for kind, read, every_s in (
                ("configuration", region.read_configuration, reading.pace.configuration_s),
                ("metrics", region.read_metrics, reading.pace.metrics_s),
                ("logs", region.read_logs, reading.pace.logs_s),
            )
        ]

    def start(self) -> None:
        """Begin to read, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="aws-readers", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop between two calls to AWS. A call that hangs is left behind: whatever it reads is read again."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                return
        for sessions in self._sessions:
            sessions.close()

    def pass_once(self) -> None:
        """Every reading once, now, in order. What fails is in `status`."""
        for job in self._jobs:
            self._do(job)

    def status(self) -> list[str]:
        """For a person: what may not be read, what fails, what is worth knowing."""
        return [sentence for region in self._regions for sentence in region.status.sentences()]

    def denied(self) -> tuple[Denied, ...]:
        """Every action that AWS refused the last time it was tried."""
        return tuple(denied for region in self._regions for denied in region.status.denied())

    def figures(self) -> Mapping[str, Mapping[str, int]]:
        """Counts since the start by source and region: calls, throttled, events, points, log_events, failures …"""
        return {region.status.where: region.status.counts() for region in self._regions}

    def _run(self) -> None:
        with contextlib.suppress(StoppedError):
            while not self._stopping.is_set():
                job = min(self._jobs, key=lambda job: job.due)
                if self._stopping.wait(max(0.0, job.due - self._clock.monotonic())):
                    return
                self._do(job)

    def _do(self, job: _Job) -> None:
        more, sentence = self._try(job)
        if sentence:
            job.failures += 1
            log.warning("%s: reading %s fails: %s", job.region.status.where, job.kind, sentence)
            job.region.status.fail(job.kind, sentence)
            wait_s = min(job.every_s * 2 ** min(job.failures, 10), max(_LONGEST_BACKOFF_S, job.every_s))
        else:
            job.failures = 0
            job.region.status.succeed(job.kind)
            wait_s = min(_SOON_S, job.every_s) if more else job.every_s
        job.due = self._clock.monotonic() + wait_s * (1 + 0.1 * self._jitter())

    def _try(self, job: _Job) -> tuple[bool, str]:
        """Whether there is more to read soon, and why it did not work; empty if it did."""
        try:
            return job.read(), ""
        except NoCredentialsError:
            why = "there are no AWS credentials; set a profile, or AWS_ACCESS_KEY_ID, or give the machine a role."
        except ClientError as error:
            why = _sentence(error)
        except (BotoCoreError, MendlineError, OSError) as error:
            why = str(error)
        except StoppedError:
            raise
        except Exception as error:
            # One odd answer must not end the readings of all accounts.
            log.exception("Reading %s failed unexpectedly.", job.kind)
            why = f"unexpectedly, with {type(error).__name__}; the log has it."
        return False, why


def _sentence(error: ClientError) -> str:
    told = error.response.get("Error", {})
    return f"{error.operation_name} says {told.get('Code', '')}: {told.get('Message', '')}"
