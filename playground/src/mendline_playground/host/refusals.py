"""Why Invoke is refused before anything runs: one error for each of AWS's, with its code and HTTP status."""


class InvokeError(Exception):
    """An Invoke that was not accepted; `code` is the error's name in AWS's API, `status` its HTTP status."""

    code = "ServiceException"
    status = 500


class UnknownFunctionError(InvokeError, LookupError):
    """There is no function, version or alias of this name."""

    code = "ResourceNotFoundException"
    status = 404


class InvalidInvokeError(InvokeError, ValueError):
    """The name, the qualifier or another parameter of the call is none."""

    code = "InvalidParameterValueException"
    status = 400


class TooLargeError(InvokeError, ValueError):
    """The payload is larger than its kind of invocation allows."""

    code = "RequestTooLargeException"
    status = 413


class ThrottledError(InvokeError):
    """No environment may be had at this moment: a concurrency limit is reached. Come again after `retry_after_s`.

    `reason` is AWS's: `ReservedFunctionConcurrentInvocationLimitExceeded` or `ConcurrentInvocationLimitExceeded`.
    """

    code = "TooManyRequestsException"
    status = 429
    retry_after_s = 1

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.")
        self.reason = reason
