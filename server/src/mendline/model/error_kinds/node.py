"""Error codes and classes of Node.js: the system, its HTTP clients, the AWS SDK of JavaScript, and common libraries.

Sources: "Errors" of Node's documentation (system errors and codes), undici's errors, axios's codes, the client errors
of Smithy, Sequelize, Prisma and Mongoose.
"""

from __future__ import annotations

from mendline.model.error_kinds.kinds import by_kind

SYSTEM = by_kind(
    timeout="ETIMEDOUT ESOCKETTIMEDOUT ETIME ERR_SOCKET_CONNECTION_TIMEOUT ERR_HTTP_REQUEST_TIMEOUT",
    oom="ENOMEM ERR_MEMORY_ALLOCATION_FAILED ERR_WORKER_OUT_OF_MEMORY ERR_BUFFER_OUT_OF_MEMORY",
    throttled="EMFILE ENFILE EAGAIN EDQUOT",
    permission="EACCES EPERM ERR_ACCESS_DENIED",
    not_found="ENOENT ENODEV ENXIO ESRCH",
    validation="""
        ERR_INVALID_URL ERR_INVALID_HTTP_TOKEN ERR_INVALID_CHAR ERR_UNESCAPED_CHARACTERS ERR_INVALID_PROTOCOL
        ERR_HTTP_INVALID_HEADER_VALUE
    """,
    input="""
        ERR_ENCODING_INVALID_ENCODED_DATA Z_DATA_ERROR Z_BUF_ERROR ERR_STRING_TOO_LONG ENAMETOOLONG
        HPE_INVALID_CONSTANT HPE_HEADER_OVERFLOW ERR_OSSL_EVP_BAD_DECRYPT
    """,
    conflict="EEXIST ENOTEMPTY EBUSY ETXTBSY EROFS EADDRINUSE ERR_SERVER_ALREADY_LISTEN EALREADY EINPROGRESS",
    provider="ENOSPC EIO",
    network="""
        ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NONAME EHOSTUNREACH EHOSTDOWN
        ENETUNREACH ENETDOWN ENETRESET EADDRNOTAVAIL ENOTCONN ESHUTDOWN EPROTO ENOTSOCK ENODATA ESERVFAIL EREFUSED
        ECANCELED ERR_SOCKET_CLOSED ERR_STREAM_PREMATURE_CLOSE ERR_HTTP2_STREAM_ERROR ERR_HTTP2_SESSION_ERROR
        ERR_HTTP2_GOAWAY_SESSION ERR_HTTP2_INVALID_SESSION ERR_TLS_CERT_ALTNAME_INVALID ERR_TLS_HANDSHAKE_TIMEOUT
        ERR_SSL_WRONG_VERSION_NUMBER CERT_HAS_EXPIRED DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN
        UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        CERT_NOT_YET_VALID CERT_UNTRUSTED SELF_SIGNED_CERT ERR_NETWORK
    """,
    crash="ERR_WORKER_UNSERIALIZABLE_ERROR",
    init="""
        MODULE_NOT_FOUND ERR_MODULE_NOT_FOUND ERR_REQUIRE_ESM ERR_PACKAGE_PATH_NOT_EXPORTED
        ERR_UNSUPPORTED_DIR_IMPORT ERR_DLOPEN_FAILED ERR_UNKNOWN_FILE_EXTENSION
    """,
    unhandled="""
        ReferenceError TypeError RangeError EvalError URIError AggregateError ERR_INVALID_ARG_TYPE
        ERR_INVALID_ARG_VALUE ERR_OUT_OF_RANGE ERR_UNHANDLED_REJECTION ERR_ASSERTION AssertionError
        ERR_HTTP_HEADERS_SENT ERR_STREAM_WRITE_AFTER_END ERR_STREAM_DESTROYED ERR_UNHANDLED_ERROR EINVAL
        UnhandledPromiseRejection AbortError ABORT_ERR DOMException FetchError
    """,
)

CLIENTS = by_kind(
    timeout="""
        UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT ConnectTimeoutError HeadersTimeoutError
        BodyTimeoutError TimeoutError NetworkingTimeout ResponseTimeout
    """,
    throttled="""
        KnexTimeoutError SequelizeConnectionAcquireTimeoutError ResourceRequestTimeoutError
        BalancedPoolMissingUpstream
    """,
    permission="""
        CredentialsProviderError CredentialsError JsonWebTokenError TokenExpiredError NotBeforeError
        TokenProviderError SequelizeAccessDeniedError InvalidTokenError UnauthorizedError ForbiddenError
    """,
    not_found="NotFoundError EntityNotFoundError DocumentNotFoundError SequelizeEmptyResultError P2025 P2001",
    validation="""
        ERR_BAD_REQUEST ERR_BAD_OPTION ERR_BAD_OPTION_VALUE ERR_INVALID_URL UND_ERR_INVALID_ARG MissingSchemaError
        QueryFailedError
    """,
    input="""
        CastError ZodError ValidatorError SequelizeValidationError PayloadTooLargeError JoiValidationError ER_JSON
        XMLParserError P2000 P2005 P2006 P2007 P2011 P2012 P2019
    """,
    conflict="""
        ParallelSaveError VersionError OptimisticLockVersionMismatchError OptimisticConcurrencyError P2002 P2003
        P2014 P2034
    """,
    provider="ERR_BAD_RESPONSE",
    network="""
        NetworkingError UND_ERR_SOCKET UND_ERR_CLOSED UND_ERR_DESTROYED SocketError SequelizeConnectionRefusedError
        SequelizeHostNotFoundError SequelizeHostNotReachableError SequelizeConnectionTimedOutError
        ERR_FR_TOO_MANY_REDIRECTS MongooseServerSelectionError P1001 P1017 UnknownHostError
    """,
    unhandled="""
        AxiosError HTTPError RequestError MongooseError SequelizeDatabaseError PrismaClientKnownRequestError
        ERR_CANCELED
    """,
)
