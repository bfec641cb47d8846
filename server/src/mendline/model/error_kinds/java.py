"""Exception classes of Java and the JVM's languages, by their simple names.

Sources: the Java SE API, the AWS SDKs for Java, Apache HttpClient, OkHttp, Netty, HikariCP, Lettuce and Jedis, Jackson,
Spring and Hibernate.
"""

from __future__ import annotations

from mendline.model.error_kinds.kinds import by_kind

LANGUAGE = by_kind(
    timeout="""
        SocketTimeoutException TimeoutException HttpTimeoutException HttpConnectTimeoutException
        InterruptedByTimeoutException
    """,
    oom="OutOfMemoryError OutOfDirectMemoryError",
    throttled="RejectedExecutionException",
    permission="""
        AccessControlException SecurityException AccessDeniedException GeneralSecurityException InvalidKeyException
        KeyStoreException BadPaddingException AEADBadTagException LoginException CredentialException
    """,
    not_found="NoSuchFileException FileSystemNotFoundException MissingResourceException",
    validation="URISyntaxException MalformedURLException UnknownServiceException",
    input="""
        NumberFormatException DateTimeParseException DateTimeException ParseException CharacterCodingException
        MalformedInputException UnmappableCharacterException DataFormatException ZipException EOFException
        StreamCorruptedException InvalidObjectException OptionalDataException NotSerializableException
        InvalidClassException InputMismatchException UnsupportedEncodingException
    """,
    conflict="FileAlreadyExistsException DirectoryNotEmptyException OverlappingFileLockException",
    network="""
        ConnectException UnknownHostException NoRouteToHostException PortUnreachableException SocketException
        BindException ClosedChannelException AsynchronousCloseException UnresolvedAddressException SSLException
        SSLHandshakeException SSLPeerUnverifiedException SSLProtocolException CertificateException
        CertificateExpiredException HttpRetryException CertPathValidatorException
    """,
    crash="ThreadDeath",
    init="""
        ClassNotFoundException NoClassDefFoundError ExceptionInInitializerError NoSuchMethodError NoSuchFieldError
        UnsatisfiedLinkError UnsupportedClassVersionError ClassFormatError IncompatibleClassChangeError VerifyError
        LinkageError BootstrapMethodError AbstractMethodError IllegalAccessError InstantiationError
        ServiceConfigurationError
    """,
    unhandled="""
        Throwable NullPointerException IllegalArgumentException IllegalStateException IndexOutOfBoundsException
        ArrayIndexOutOfBoundsException StringIndexOutOfBoundsException ClassCastException ArithmeticException
        UncheckedIOException ExecutionException CompletionException InterruptedException NoSuchElementException
        NegativeArraySizeException ArrayStoreException CloneNotSupportedException StackOverflowError
        InvocationTargetException UndeclaredThrowableException NotImplementedError
        UninitializedPropertyAccessException KotlinNullPointerException MatchError SQLException
        ReflectiveOperationException CancellationException VirtualMachineError AssertionError
        WebClientResponseException RestClientException
    """,
)

LIBRARIES = by_kind(
    timeout="""
        ApiCallTimeoutException ApiCallAttemptTimeoutException ClientExecutionTimeoutException SQLTimeoutException
        RedisCommandTimeoutException QueryTimeoutException ReadTimeoutException WriteTimeoutException
        ConnectTimeoutException HttpRequestTimeoutException RedisTimeoutException MongoTimeoutException
        MongoExecutionTimeoutException MongoSocketReadTimeoutException MongoSocketOpenException
        TransactionTimedOutException
    """,
    throttled="""
        SQLTransientConnectionException ConnectionPoolTimeoutException JedisExhaustedPoolException
        MongoWaitQueueFullException BulkheadFullException RequestNotPermitted NonTransientResourceException
        RequestNotPermittedException PoolAcquirePendingLimitException PoolExhaustedException
    """,
    permission="""
        SQLInvalidAuthorizationSpecException BadCredentialsException AuthenticationException JwtException
        ExpiredJwtException InsufficientAuthenticationException AuthorizationDeniedException NoPermissionException
        JedisAccessControlException MongoSecurityException PermissionDeniedDataAccessException
    """,
    not_found="""
        EmptyResultDataAccessException NoResultException NoResourceFoundException NoHandlerFoundException
        ObjectNotFoundException
    """,
    validation="""
        SQLSyntaxErrorException BadSqlGrammarException InvalidDataAccessApiUsageException
        InvalidDataAccessResourceUsageException NonUniqueResultException IncorrectResultSizeDataAccessException
        HttpRequestMethodNotSupportedException HttpMediaTypeNotSupportedException PropertyValueException
        QuerySyntaxException SQLFeatureNotSupportedException MethodArgumentNotValidException
        ConstraintDeclarationException
    """,
    input="""
        JsonParseException JsonMappingException JsonProcessingException MismatchedInputException
        UnrecognizedPropertyException InvalidTypeIdException JsonSyntaxException JsonIOException
        HttpMessageNotReadableException HttpMessageConversionException SAXParseException UnmarshalException
        InvalidProtocolBufferException SQLDataException DynamoDBMappingException
        MissingServletRequestParameterException MaxUploadSizeExceededException
    """,
    conflict="""
        SQLIntegrityConstraintViolationException ConstraintViolationException DataIntegrityViolationException
        DuplicateKeyException OptimisticLockException OptimisticLockingFailureException StaleObjectStateException
        ObjectOptimisticLockingFailureException PessimisticLockException PessimisticLockingFailureException
        CannotAcquireLockException DeadlockLoserDataAccessException CannotSerializeTransactionException
        SQLTransactionRollbackException LockAcquisitionException EntityExistsException MongoWriteException
    """,
    provider="""
        AmazonServiceException AwsServiceException HttpServerErrorException RestHandlerException
        TransientDataAccessResourceException CallNotPermittedException
    """,
    network="""
        SdkClientException AmazonClientException CommunicationsException SQLNonTransientConnectionException
        SQLRecoverableException ConnectionClosedException NoHttpResponseException HttpHostConnectException
        PrematureChannelClosureException RedisConnectionException JedisConnectionException PrematureCloseException
        ResourceAccessException StreamResetException ConnectionShutdownException CannotGetJdbcConnectionException
        CannotCreateTransactionException JDBCConnectionException MongoSocketException MongoSocketReadException
        MongoSocketWriteException MongoNotPrimaryException WebClientRequestException AnnotatedConnectException
    """,
    init="""
        BeanCreationException NoSuchBeanDefinitionException UnsatisfiedDependencyException
        BeanInstantiationException ApplicationContextException BeanDefinitionStoreException
    """,
    unhandled="""
        SdkException DataAccessException HttpClientErrorException JedisDataException RedisCommandExecutionException
        HibernateException PersistenceException ServletException NestedServletException UncategorizedSQLException
        JpaSystemException FeignException RollbackException TransactionSystemException
    """,
)
