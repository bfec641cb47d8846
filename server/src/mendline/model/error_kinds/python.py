"""Exception types of Python: the language, the AWS SDK, and the libraries that functions use most.

Sources: "Built-in Exceptions", and the exception modules of botocore, requests, urllib3, httpx, aiohttp, psycopg,
pymysql, SQLAlchemy, redis-py, pymongo, pydantic, jsonschema, Django, and Powertools for AWS Lambda.
"""

from __future__ import annotations

from mendline.model.error_kinds.kinds import by_kind

LANGUAGE = by_kind(
    timeout="TimeoutError TimeoutExpired socket.timeout",
    oom="MemoryError",
    permission="PermissionError",
    not_found="FileNotFoundError",
    input="""
        UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError JSONDecodeError UnpicklingError
        BadZipFile EOFError
    """,
    conflict="FileExistsError",
    network="""
        ConnectionError ConnectionRefusedError ConnectionResetError ConnectionAbortedError BrokenPipeError gaierror
        SSLError SSLCertVerificationError SSLEOFError SSLZeroReturnError SSLWantReadError RemoteDisconnected herror
        IncompleteRead IncompleteReadError BadStatusLine
    """,
    crash="SystemExit",
    init="ImportError ModuleNotFoundError IndentationError TabError",
    unhandled="""
        Exception BaseException Error TypeError ValueError KeyError IndexError LookupError AttributeError NameError
        UnboundLocalError AssertionError ArithmeticError ZeroDivisionError OverflowError FloatingPointError
        RuntimeError RecursionError NotImplementedError StopIteration StopAsyncIteration GeneratorExit OSError
        IOError ReferenceError BufferError SystemError KeyboardInterrupt CancelledError ExceptionGroup
        BaseExceptionGroup NotADirectoryError IsADirectoryError ProcessLookupError ChildProcessError
        InterruptedError BlockingIOError FrozenInstanceError Warning DeprecationWarning Empty Full
        CalledProcessError SyntaxError EnvironmentError
    """,
)

SDK = by_kind(  # botocore and boto3
    timeout="ConnectTimeoutError ReadTimeoutError WaiterError",
    permission="""
        NoCredentialsError PartialCredentialsError CredentialRetrievalError TokenRetrievalError SSOTokenLoadError
        UnauthorizedSSOTokenError MetadataRetrievalError RefreshWithMFAUnsupportedError NoAuthTokenError
        UnknownCredentialError SSOError LoginRefreshRequired LoginInsufficientPermissions LoginTokenLoadError
        LoginAuthorizationCodeError UnknownTokenProviderError
    """,
    validation="""
        ParamValidationError NoRegionError UnknownServiceError UnknownEndpointError InvalidRegionError
        UnknownParameterError DataNotFoundError OperationNotPageableError InvalidS3AddressingStyleError
        UnsupportedSignatureVersionError ProfileNotFound InvalidConfigError ConfigNotFound ConfigParseError
        MissingParametersError UnknownSignatureVersionError UnknownRegionError ApiVersionNotFoundError
        InvalidIMDSEndpointError InvalidIMDSEndpointModeError ServiceNotInRegionError EndpointVariantError
        UnknownFIPSEndpointError UnknownKeyError AliasConflictParameterError UnknownServiceStyle PaginationError
        UnseekableStreamError InvalidExpressionError WaiterConfigError UnknownClientMethodError InvalidDNSNameError
        UnsupportedS3ArnError UnsupportedS3ControlArnError InvalidHostLabelError UnsupportedOutpostResourceError
        UnsupportedS3ConfigurationError UnsupportedS3AccesspointConfigurationError
        InvalidEndpointDiscoveryConfigurationError UnsupportedS3ControlConfigurationError
        InvalidRetryConfigurationError InvalidMaxRetryAttemptsError InvalidRetryModeError
        InvalidS3UsEast1RegionalEndpointConfigError InvalidSTSRegionalEndpointsConfigError InfiniteLoopConfigError
        MD5UnavailableError MissingDependencyException UndefinedModelAttributeError MissingServiceIdError
        InvalidProxiesConfigError InvalidDefaultsMode AwsChunkedWrapperError InvalidEndpointConfigurationError
        EndpointResolutionError UnknownEndpointResolutionBuiltInName InvalidChecksumConfigError
        UnsupportedServiceProtocolsError
    """,
    input="ResponseParserError ResponseStreamingError ChecksumError FlexibleChecksumError EventStreamError",
    network="EndpointConnectionError ConnectionClosedError ProxyConnectionError EndpointProviderError",
    unhandled="ClientError BotoCoreError Boto3Error ResourceLoadException S3UploadFailedError HTTPClientError",
    throttled="CapacityNotAvailableError",
)

LIBRARIES = by_kind(
    timeout="""
        Timeout ReadTimeout ConnectTimeout WriteTimeout TimeoutException ServerTimeoutError ConnectionTimeoutError
        SocketTimeoutError StatementTimeout SoftTimeLimitExceeded FunctionTimedOut APITimeoutError
    """,
    throttled="""
        PoolTimeout EmptyPoolError FullPoolError RateLimitError RateLimitException MaxConnectionsError
        TooManyConnectionsError
    """,
    permission="""
        AuthenticationError AuthenticationWrongNumberOfArgsError NoPermissionError PermissionDenied
        PermissionDeniedError NotAuthenticated ExpiredSignatureError InvalidAudienceError InvalidIssuerError
        ImproperlyAuthenticated
    """,
    not_found="NoResultFound ObjectDoesNotExist DoesNotExist TemplateNotFound NoSuchModuleError Http404",
    validation="""
        RequestValidationError InvalidURL MissingSchema InvalidSchema InvalidHeader InvalidProxyURL
        LocationParseError LocationValueError UnsupportedProtocol ProgrammingError InvalidRequestError CompileError
        MultipleResultsFound StatementError
    """,
    input="""
        SchemaError SchemaValidationError InvalidEnvelopeExpressionError InvalidModelTypeError DecodingError
        ContentDecodingError ChunkedEncodingError DecodeError ParseError ParserError InvalidJSONError
        InvalidChunkLength ContentTypeError ClientPayloadError EncodeError TooDeepError UnidentifiedImageError
        XMLSyntaxError DataError OutputParserException ExpatError YAMLError ScannerError
    """,
    conflict="""
        IntegrityError IdempotencyAlreadyInProgressError IdempotencyItemAlreadyExistsError
        IdempotencyInconsistentStateError
    """,
    provider="IdempotencyPersistenceLayerError MaxRetriesExceededError APIStatusError APIServerError",
    network="""
        MaxRetryError NewConnectionError ProtocolError ProxyError ConnectError ReadError WriteError CloseError
        NetworkError RemoteProtocolError LocalProtocolError TransportError ClientConnectionError
        ClientConnectorError ClientConnectorDNSError ClientOSError ServerDisconnectedError ServerConnectionError
        ClientConnectorSSLError ClientConnectorCertificateError NameResolutionError HostChangedError ClosedPoolError
        APIConnectionError BusyLoadingError ConnectionClosed ConnectionClosedOK InvalidStatusCode
        ConnectionNotEstablished
    """,
    unhandled="""
        RetryError HTTPError HTTPStatusError RequestException RequestError ClientResponseError OperationalError
        DatabaseError RedisError ResponseNotReady TooManyRedirects BatchProcessingError URLError SQLAlchemyError
        DBAPIError PyMongoError DetachedInstanceError APIError
    """,
)
