"""Codes of HTTP and gRPC, as `error.type` and `http.response.status_code` carry them: numbers, names and phrases.

Sources: RFC 9110 and the IANA registry of status codes; gRPC's status codes; OpenTelemetry's conventions for both.
"""

from __future__ import annotations

from mendline.model.error_kinds.kinds import by_kind

HTTP = by_kind(
    timeout="408 504 RequestTimeout GatewayTimeout 524 522",
    throttled="429 509 TooManyRequests",
    permission="""
        401 403 407 451 511 Unauthorized Forbidden ProxyAuthenticationRequired NetworkAuthenticationRequired
        UnavailableForLegalReasons
    """,
    not_found="404 410 NotFound Gone",
    validation="""
        400 405 406 411 416 417 421 426 428 431 501 505 BadRequest MethodNotAllowed NotAcceptable LengthRequired
        RangeNotSatisfiable ExpectationFailed MisdirectedRequest UpgradeRequired PreconditionRequired
        RequestHeaderFieldsTooLarge HTTPVersionNotSupported 418 510 ImATeapot RequestedRangeNotSatisfiable
        NotExtended
    """,
    input="""
        413 414 415 422 PayloadTooLarge ContentTooLarge URITooLong UnsupportedMediaType UnprocessableEntity
        UnprocessableContent RequestURITooLong
    """,
    # 402 is how payment services say that a card was declined: nobody's fault, and no right that is missing
    conflict="""
        409 412 423 424 425 Conflict PreconditionFailed Locked FailedDependency TooEarly 402 PaymentRequired
        CardDeclined CardError StripeCardError InsufficientFunds ExpiredCard
    """,
    provider="""
        500 502 503 507 508 520 521 523 525 526 529 530 InternalServerError BadGateway ServiceUnavailable
        InsufficientStorage LoopDetected Overloaded OverloadedError 506 VariantAlsoNegotiates
    """,
    network="499 ClientClosedRequest",
)

GRPC = by_kind(
    timeout="DEADLINE_EXCEEDED",
    throttled="RESOURCE_EXHAUSTED",
    permission="PERMISSION_DENIED UNAUTHENTICATED",
    not_found="NOT_FOUND",
    validation="INVALID_ARGUMENT OUT_OF_RANGE UNIMPLEMENTED",
    input="DATA_LOSS",
    conflict="ALREADY_EXISTS ABORTED FAILED_PRECONDITION",
    provider="INTERNAL UNAVAILABLE",
    unhandled="UNKNOWN CANCELLED CANCELED",
)
