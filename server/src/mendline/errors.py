"""Every error that Mendline says on purpose: a stable code, an HTTP status, and a sentence.

The sentence says what is wrong, where, and what to do. Tests and clients rely on `code`, never on the wording.
"""

from __future__ import annotations


class MendlineError(Exception):
    """Root of the tree. `code` is stable, `status` is the HTTP status that an API answers with."""

    code = "internal"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def let_go(self) -> None:
        """Drop the tracebacks. They hold the frames that were left, and so the body of a request, until Python looks
        for cycles, which it does when there are many objects, not when there is much memory."""
        error: BaseException | None = self
        while error is not None:
            error.__traceback__ = None
            error = error.__cause__ or error.__context__


class SettingsError(MendlineError):
    """A setting is unknown or its value cannot be used."""

    code = "settings_invalid"
    status = 400


class UsageError(MendlineError):
    """A command or a page was asked for something that does not make sense."""

    code = "usage"
    status = 400


class NotFoundError(MendlineError):
    """The thing asked for is not there (or not there any more)."""

    code = "not_found"
    status = 404


class HostRefusedError(MendlineError):
    """The Host header is not a name of this machine (a guard against DNS rebinding)."""

    code = "host_refused"
    status = 421


class PortTakenError(MendlineError):
    """A port to listen on belongs to another process."""

    code = "port_taken"


class ClashError(MendlineError):
    """Something that a server needs for itself belongs to another process: ports, or the data directory."""

    code = "clash"


class StoreError(MendlineError):
    """The telemetry store could not answer or accept; trying again later may help."""

    code = "store_unavailable"
    status = 503


class StoreLockedError(StoreError):
    """Another process owns the data directory."""

    code = "store_locked"


class StoreRefusedError(StoreError):
    """The store understood the data and refuses it: trying again will not help."""

    code = "store_refused"


class StoreDamagedError(StoreError):
    """The disk did not take all that the store wrote; it is made good and repeated when there is room."""

    code = "store_damaged"


class QueryLimitError(StoreError):
    """A read hit its limit of time, memory or rows."""

    code = "query_limit"
    status = 422


class ReadCancelledError(StoreError):
    """Nobody waits for the answer any more; the status is that which nginx gives to it."""

    code = "read_cancelled"
    status = 499


class ReadsBusyError(StoreError):
    """More reads at once than the store takes; this one did not begin."""

    code = "reads_busy"


class QueryTextError(MendlineError):
    """A query cannot be understood, or asks for what makes no sense. Nothing has run.

    `text` is the query and `start` to `end` the characters at fault; `expected` says what could stand there, and
    `suggestion` is the nearest that is known (both may be empty). `corrected` is a query that parses, or None.
    """

    code = "query_invalid"
    status = 400

    def __init__(
        self, message: str, *, text: str = "", start: int = 0, end: int = 0, expected: str = "", suggestion: str = ""
    ) -> None:
        super().__init__(message)
        self.text, self.start, self.end = text, start, max(end, start + 1)
        self.expected, self.suggestion = expected, suggestion
        self.corrected: str | None = None

    @property
    def line(self) -> int:
        """From 1."""
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """In characters, from 1."""
        return self.start - self.text.rfind("\n", 0, self.start)


class QuerySyntaxError(QueryTextError):
    """Something stands where it cannot, or is missing."""

    code = "query_syntax"


class QueryTooLargeError(QueryTextError):
    """The text is longer, or nests deeper, than a query may."""

    code = "query_too_large"


class UnknownFieldError(QueryTextError):
    """No field has this name, and no attribute of it has been seen."""

    code = "query_unknown_field"


class FieldElsewhereError(QueryTextError):
    """The field is one of another source."""

    code = "query_field_elsewhere"


class UnknownFunctionError(QueryTextError):
    """The language has no function of this name."""

    code = "query_unknown_function"


class QueryTypeError(QueryTextError):
    """A value is of a type with which this cannot be done."""

    code = "query_type"


class QueryUnitError(QueryTextError):
    """A unit does not exist, or does not fit what it stands beside."""

    code = "query_unit"


class QueryValueError(QueryTextError):
    """The field never has this value, or the value cannot be read (a time, a regular expression)."""

    code = "query_value"


class MisplacedError(QueryTextError):
    """It means something, but not in this part of a query."""

    code = "query_misplaced"


class OtherLanguageError(QueryTextError):
    """The query is written in another language (SQL, PromQL, TraceQL, LogQL …)."""

    code = "query_other_language"


class StateError(MendlineError):
    """The state database could not answer or take a change; trying again later may help."""

    code = "state_unavailable"
    status = 503


class StateNewerError(StateError):
    """The state database was changed by a newer version than this one."""

    code = "state_newer"


class AccessError(MendlineError):
    """The one who asks may not."""

    code = "forbidden"
    status = 403


class UnauthenticatedError(AccessError):
    """No key or session came with the request, or one that is not valid (any more)."""

    code = "unauthenticated"
    status = 401


class ForbiddenError(AccessError):
    """The key is valid, but its scope, its project or a setting of the server does not allow this."""


class CrossSiteError(AccessError):
    """A change was asked for by a page of another site (a guard against CSRF)."""

    code = "cross_site"


class TooManyTriesError(AccessError):
    """Too many sign-ins failed from one address."""

    code = "too_many_tries"
    status = 429


class AwsRefusedError(MendlineError):
    """AWS refused what somebody asked for, or could not be asked."""

    code = "aws_refused"
    status = 502


class ReceiverError(MendlineError):
    """A receiver did not take a message that somebody sent to see whether it does."""

    code = "receiver_failed"
    status = 502


class ProjectNotServedError(MendlineError):
    """The key is right, but this server does not hold the telemetry of its project."""

    code = "project_not_served"
    status = 503


class IngestError(MendlineError):
    """A request was not accepted; nothing of it is kept. The code is the `reason` of the refusal counter."""

    code = "ingest_refused"
    status = 400


class MalformedError(IngestError):
    """The body is not the message it says it is."""

    code = "malformed"


class BadEncodingError(IngestError):
    """The body is not encoded as its Content-Encoding says."""

    code = "bad_encoding"


class UnknownEncodingError(BadEncodingError):
    """The Content-Encoding is none that is read here (RFC 9110, 15.5.16)."""

    status = 415


class BadContentTypeError(IngestError):
    """The Content-Type is none that this path reads."""

    code = "bad_content_type"
    status = 415


class BodyTooLargeError(IngestError):
    """The body is larger than a request may be, on the wire or after decompression."""

    code = "too_large"
    status = 413


class HeadTooLargeError(IngestError):
    """The path and the headers of a request are longer than any client has reason to send."""

    code = "head_too_large"
    status = 431


class MetricStreamVersionError(IngestError):
    """A CloudWatch metric stream sends OpenTelemetry 0.7, whose points hold labels that nobody reads any more."""

    code = "opentelemetry_0_7"
    status = 415


class TooManyRecordsError(IngestError):
    """The request holds more records than one request may."""

    code = "too_many_records"
    status = 413


class TooManyValuesError(IngestError):
    """The request holds so many attributes, events, links or items that they would take too much memory."""

    code = "too_many_values"
    status = 413


class IncompleteBodyError(IngestError):
    """The request did not arrive whole in its time. 503, because an OTLP client drops what is answered 400 or 408."""

    code = "incomplete"
    status = 503


class SpoolFullError(IngestError):
    """The spool is at its cap, or the disk is full; the client should come again."""

    code = "spool_full"
    status = 503


class DiskLowError(IngestError):
    """Free space is below the floor; the client should come again."""

    code = "disk_low"
    status = 503


class BusyError(IngestError):
    """More requests are in hand than memory allows; the client should come again."""

    code = "busy"
    status = 503


class RateLimitedError(IngestError):
    """One key sends faster than it may; `retry_after_s` says when there is room again, in seconds."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnexpectedError(IngestError):
    """We failed, not the client: 503, because a client drops what is answered 500 (OTLP specification)."""

    code = "internal"
    status = 503


class MethodRefusedError(IngestError):
    """The path is right, the method is not."""

    code = "method"
    status = 405


class NoSuchPathError(IngestError):
    """No signal is taken at this path."""

    code = "not_found"
    status = 404
