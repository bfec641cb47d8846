"""Error types of Go and .NET (also Ruby, Rust and PHP where they are common), by their last names.

Go's errors are mostly texts: the table of messages knows those. Sources: Go's standard library and the AWS SDK for Go;
the .NET API reference, the AWS SDK for .NET, Entity Framework, Npgsql, StackExchange.Redis; Ruby's core exceptions.
"""

from __future__ import annotations

from mendline.model.error_kinds.kinds import by_kind

GO = by_kind(
    timeout="""
        context.deadlineExceededError DeadlineExceededError net.timeoutError httpError.Timeout
        poll.DeadlineExceededError RequestTimeoutError
    """,
    throttled="QuotaExceededError",
    not_found="fs.ErrNotExist sql.ErrNoRows ErrNoRows ErrNotExist ErrRecordNotFound ErrNotFound",
    validation="""
        InvalidParamsError InvalidParamError ErrSerialization UnsupportedProtocolError url.EscapeError
        ErrInvalidParams
    """,
    input="""
        json.UnmarshalTypeError json.InvalidUnmarshalError json.MarshalerError json.UnsupportedTypeError
        strconv.NumError time.ParseError base64.CorruptInputError csv.ParseError NumError CorruptInputError
        UnmarshalTypeError InvalidUnmarshalError ErrUnexpectedEOF DeserializationError
    """,
    permission="""
        fs.ErrPermission ErrPermission NoCredentialProviders SignatureError EnvAccessKeyNotFound SharedCredsLoad
    """,
    network="""
        net.OpError net.DNSError net.AddrError net.ErrClosed tls.RecordHeaderError x509.UnknownAuthorityError
        x509.HostnameError x509.CertificateInvalidError tls.CertificateVerificationError tls.AlertError
        http2.GoAwayError RequestSendError ErrBadConn ErrServerClosed
    """,
    init="Runtime.UnknownHandler",
    crash="panic runtime.boundsError runtime.plainError runtime.TypeAssertionError",
    unhandled="""
        errors.errorString errorString wrapError fundamental withStack withMessage joinError url.Error fs.PathError
        os.SyscallError syscall.Errno PathError Errno smithy.OperationError OperationError ResponseError
        smithy.GenericAPIError GenericAPIError MaxAttemptsError CanceledError
    """,
)

DOTNET = by_kind(
    timeout="TimeoutRejectedException RedisTimeoutException AmazonTimeoutException",
    oom="OutOfMemoryException InsufficientMemoryException",
    throttled="""
        RateLimiterRejectedException ProvisionedThroughputExceeded RateLimitRejectedException
        BulkheadRejectedException
    """,
    permission="""
        UnauthorizedAccessException CryptographicException AuthenticationException SecurityTokenException
        SecurityTokenExpiredException SecurityTokenInvalidSignatureException AmazonSecurityTokenServiceException
        ProcessCredentialException
    """,
    not_found="FileNotFoundException DirectoryNotFoundException DriveNotFoundException",
    validation="UriFormatException InvalidUriException AmbiguousMatchException",
    input="""
        JsonException JsonReaderException JsonSerializationException FormatException XmlException
        InvalidDataException DecoderFallbackException EncoderFallbackException EndOfStreamException
        SerializationException CsvHelperException BadHttpRequestException HttpRequestValidationException
    """,
    conflict="""
        DBConcurrencyException DbUpdateConcurrencyException SynchronizationLockException AbandonedMutexException
    """,
    provider="BrokenCircuitException IsolatedCircuitException",
    network="""
        HttpRequestException SocketException WebException HttpIOException RedisConnectionException
        NetworkInformationException PingException WebSocketException
    """,
    crash="AccessViolationException SEHException ThreadAbortException",
    init="""
        TypeLoadException BadImageFormatException FileLoadException TypeInitializationException
        MissingMethodException MissingFieldException DllNotFoundException EntryPointNotFoundException
        LambdaValidationException ReflectionTypeLoadException
    """,
    unhandled="""
        SystemException ApplicationException NullReferenceException ArgumentException ArgumentNullException
        ArgumentOutOfRangeException ObjectDisposedException IndexOutOfRangeException KeyNotFoundException
        InvalidCastException DivideByZeroException NotImplementedException AggregateException TaskCanceledException
        OperationCanceledException StackOverflowException TargetInvocationException DbUpdateException SqlException
        NpgsqlException PostgresException AmazonDynamoDBException AmazonS3Exception AmazonSQSException
        AmazonSimpleNotificationServiceException AmazonLambdaException AmazonKinesisException
    """,
)

OTHERS = by_kind(  # Ruby, Rust and PHP
    timeout="Net::OpenTimeout Net::ReadTimeout Net::WriteTimeout Rack::Timeout OpenTimeout",
    oom="NoMemoryError",
    not_found="ActiveRecord::RecordNotFound RecordNotFound ModelNotFoundException Errno::ENOENT RoutingError",
    input="""
        JSON::ParserError Encoding::UndefinedConversionError InvalidByteSequenceError UndefinedConversionError
        JsonErrorException
    """,
    conflict="ActiveRecord::RecordNotUnique RecordNotUnique StaleObjectError Deadlocked InvalidForeignKey",
    network="""
        OpenSSL::SSL::SSLError Errno::ECONNREFUSED ConnectionFailed ResolvError ConnectionNotEstablished SocketError
    """,
    init="LoadError GemNotFound MissingSpecError",
    unhandled="StandardError NoMethodError FrozenError FiberError ThreadError LocalJumpError ErrorException",
)
