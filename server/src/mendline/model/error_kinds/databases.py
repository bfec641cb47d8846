"""Codes of databases: SQLSTATE, PostgreSQL, MySQL, MongoDB, Redis, Elasticsearch, Oracle, SQL Server.

Sources: PostgreSQL's appendix A (which follows ISO/IEC 9075), MySQL's server error reference, MongoDB's list of codes,
the first words of Redis's error replies, Elasticsearch's exception types, Oracle's and SQL Server's messages.
"""

from __future__ import annotations

from mendline.model.error_kinds.kinds import by_kind

SQLSTATE = by_kind(
    timeout="57014 25P03 25P04 57P05 HYT00 HYT01 QueryCanceled QueryTimeout IdleInTransactionSessionTimeout",
    oom="53200 HY001",
    throttled="53000 53300 53400 TooManyConnections ConfigurationLimitExceeded InsufficientResources",
    permission="""
        28000 28P01 42501 0L000 0P000 InvalidPassword InvalidAuthorizationSpecification InsufficientPrivilege 38004
    """,
    not_found="""
        3D000 3F000 42P01 42703 42704 42883 02000 42S02 42S22 UndefinedTable UndefinedColumn UndefinedFunction
        UndefinedObject InvalidCatalogName InvalidSchemaName NoData
    """,
    validation="""
        42000 42601 42611 42622 42602 42701 42702 42725 42803 42804 42809 42830 42846 42939 42P02 42P10 42P18 42P20
        42P21 42P22 0A000 07001 07002 22023 26000 34000 3B001 HY000 HY093 21000 21S01
        SyntaxErrorOrAccessRuleViolation AmbiguousColumn DatatypeMismatch GroupingError FeatureNotSupported
        IndeterminateDatatype UndefinedParameter CardinalityViolation InvalidParameterValue BadSqlGrammar
        SQLSyntaxErrorException Programming NotSupported
    """,
    input="""
        22000 22001 22003 22004 22005 22007 22008 22009 2200G 22012 22018 22021 22025 22026 22P01 22P02 22P03 22P04
        22P05 22P06 22030 22032 23502 23514 54000 54001 54011 StringDataRightTruncation NumericValueOutOfRange
        NotNullViolation CheckViolation InvalidTextRepresentation InvalidDatetimeFormat DatetimeFieldOverflow
        DivisionByZero Data DataTruncation UntranslatableCharacter CharacterNotInRepertoire StatementTooComplex
        ProgramLimitExceeded
    """,
    conflict="""
        23000 23001 23503 23505 23P01 25001 25006 25P01 25P02 27000 40000 40001 40002 40003 40P01 42710 42712 42723
        42P03 42P04 42P05 42P06 42P07 55000 55006 55P02 55P03 55P04 UniqueViolation DuplicateKeyException
        DuplicateKeyError ForeignKeyViolation ExclusionViolation RestrictViolation IntegrityConstraintViolation
        SerializationFailure DeadlockDetected LockNotAvailable ObjectInUse DuplicateTable DuplicateObject
        DuplicateColumn InFailedSqlTransaction ReadOnlySqlTransaction ActiveSqlTransaction Integrity
        TransactionRollback ObjectNotInPrerequisiteState DeadlockLoserDataAccess CannotAcquireLock OptimisticLocking
        OptimisticLockingFailure OptimisticLock StaleObjectState DataIntegrityViolation ConstraintViolation
        DbUpdateConcurrency UniqueConstraint StaleData PendingRollback SequelizeUniqueConstraint
        SequelizeForeignKeyConstraint
    """,
    provider="""
        53100 57P01 57P02 57P03 57P04 58000 58030 F0000 XX000 XX001 XX002 AdminShutdown CrashShutdown
        CannotConnectNow DiskFull
    """,
    network="""
        08000 08001 08003 08004 08006 08007 08P01 08S01 ConnectionDoesNotExist ConnectionFailure
        SqlclientUnableToEstablishSqlconnection ProtocolViolation Interface SequelizeConnection
        CommunicationsException CommunicationsLink
    """,
)

MYSQL = by_kind(
    timeout="1205 3024 1969 ER_LOCK_WAIT_TIMEOUT ER_QUERY_TIMEOUT ER_STATEMENT_TIMEOUT PROTOCOL_SEQUENCE_TIMEOUT",
    oom="1037 1038 1041 ER_OUTOFMEMORY ER_OUT_OF_SORTMEMORY ER_OUT_OF_RESOURCES",
    throttled="""
        1040 1203 1226 ER_CON_COUNT_ERROR ER_TOO_MANY_USER_CONNECTIONS ER_USER_LIMIT_REACHED POOL_ENQUEUELIMIT
    """,
    permission="""
        1044 1045 1142 1143 1227 1370 1698 ER_DBACCESS_DENIED_ERROR ER_ACCESS_DENIED_ERROR
        ER_TABLEACCESS_DENIED_ERROR ER_COLUMNACCESS_DENIED_ERROR ER_SPECIFIC_ACCESS_DENIED_ERROR
        ER_PROCACCESS_DENIED_ERROR ER_ACCESS_DENIED_NO_PASSWORD_ERROR ER_NOT_SUPPORTED_AUTH_MODE
    """,
    not_found="""
        1049 1051 1054 1091 1146 1305 ER_BAD_DB_ERROR ER_BAD_TABLE_ERROR ER_BAD_FIELD_ERROR ER_NO_SUCH_TABLE
        ER_SP_DOES_NOT_EXIST
    """,
    validation="""
        1064 1065 1109 1136 1149 1210 ER_PARSE_ERROR ER_EMPTY_QUERY ER_UNKNOWN_TABLE ER_WRONG_VALUE_COUNT_ON_ROW
        ER_SYNTAX_ERROR ER_WRONG_ARGUMENTS
    """,
    input="""
        1048 1153 1264 1265 1292 1364 1366 1406 ER_BAD_NULL_ERROR ER_NET_PACKET_TOO_LARGE ER_WARN_DATA_OUT_OF_RANGE
        WARN_DATA_TRUNCATED ER_TRUNCATED_WRONG_VALUE ER_NO_DEFAULT_FOR_FIELD ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
        ER_DATA_TOO_LONG ER_CHECK_CONSTRAINT_VIOLATED
    """,
    conflict="""
        1007 1022 1050 1062 1099 1213 1216 1217 1290 1451 1452 1586 1836 ER_DB_CREATE_EXISTS ER_DUP_KEY
        ER_TABLE_EXISTS_ERROR ER_DUP_ENTRY ER_TABLE_NOT_LOCKED_FOR_WRITE ER_LOCK_DEADLOCK ER_NO_REFERENCED_ROW
        ER_ROW_IS_REFERENCED ER_OPTION_PREVENTS_STATEMENT ER_ROW_IS_REFERENCED_2 ER_NO_REFERENCED_ROW_2
        ER_DUP_ENTRY_WITH_KEY_NAME ER_READ_ONLY_MODE
    """,
    provider="""
        1021 1030 1053 1114 1317 ER_DISK_FULL ER_GET_ERRNO ER_SERVER_SHUTDOWN ER_RECORD_FILE_FULL
        ER_QUERY_INTERRUPTED
    """,
    network="""
        1042 1043 1129 1158 1159 1160 1161 2002 2003 2005 2006 2013 2055 ER_BAD_HOST_ERROR ER_HANDSHAKE_ERROR
        ER_HOST_IS_BLOCKED PROTOCOL_CONNECTION_LOST
    """,
)

MONGODB = by_kind(
    timeout="""
        MaxTimeMSExpired ExceededTimeLimit NetworkInterfaceExceededTimeLimit LockTimeout ServerSelectionTimeout
        NetworkTimeout ExecutionTimeout WTimeout MongoServerSelection MongoNetworkTimeout
    """,
    oom="ExceededMemoryLimit",
    throttled="WaitQueueTimeout TooManyLogicalSessions 16500",
    permission="AuthenticationFailed MongoAuthentication",
    not_found="NamespaceNotFound IndexNotFound CursorNotFound NoSuchTransaction",
    validation="""
        FailedToParse CommandNotFound OperationFailure MongoInvalidArgument InvalidOptions InvalidNamespace BadValue
        TypeMismatch Configuration
    """,
    input="DocumentValidationFailure BSONObjectTooLarge BSON InvalidBSON InvalidDocument DocumentTooLarge 10334 121",
    conflict="11000 11001 12582 WriteConflict LockBusy BulkWrite",
    provider="""
        NotWritablePrimary NotPrimary NotMaster InterruptedAtShutdown InterruptedDueToReplStateChange
        PrimarySteppedDown ShutdownInProgress NotPrimaryNoSecondaryOk NotPrimaryOrSecondary
        ReadConcernMajorityNotAvailableYet WriteConcernFailed WriteConcern 10107 11600 11602 13435 13436
    """,
    network="HostUnreachable HostNotFound SocketException MongoNetwork AutoReconnect",
)

CACHES = by_kind(  # Redis and Valkey (first word of a reply), Elasticsearch and OpenSearch, Oracle, SQL Server
    timeout="""
        SearchTimeout ORA-01013 ORA-00051 ElasticsearchTimeout ProcessClusterEventTimeout ReceiveTimeoutTransport
    """,
    oom="OOM ORA-04030 ORA-04031 CircuitBreaking",
    throttled="""
        MAXCLIENTS ORA-00018 ORA-00020 ORA-12516 ORA-12519 ORA-12520 EsRejectedExecution 10928 10929 40501 49918
        49919 49920
    """,
    permission="""
        WRONGPASS NOAUTH NOPERM ORA-01017 ORA-01031 ORA-28000 ORA-28001 18456 40615 ElasticsearchSecurity Security
    """,
    not_found="NOSCRIPT NOGROUP ORA-00942 ORA-01403 IndexMissing",
    validation="""
        WRONGTYPE EXECABORT CROSSSLOT ORA-00900 ORA-00904 ORA-00911 ORA-00933 ORA-00936 SearchPhaseExecution
        QueryShard ParsingException XContentParse
    """,
    input="""
        ORA-01400 ORA-01722 ORA-01438 ORA-12899 MapperParsing DocumentParsing StrictDynamicMapping ORA-01830
        ORA-01861 8152
    """,
    conflict="""
        BUSYKEY BUSY READONLY BUSYGROUP ORA-00001 ORA-00054 ORA-00060 ORA-02291 ORA-02292 ORA-08177
        VersionConflictEngine VersionConflict ClusterBlock 2601 2627 547 Lock LockNotOwned Watch
    """,
    provider="""
        LOADING MASTERDOWN CLUSTERDOWN MISCONF TRYAGAIN NOREPLICAS ORA-00600 ORA-07445 ORA-01033 ORA-01034 ORA-01089
        40197 40613 NoShardAvailableAction
    """,
    network="""
        MOVED ASK ORA-03113 ORA-03114 ORA-03135 ORA-12154 ORA-12170 ORA-12514 ORA-12541 ORA-12543 NodeDisconnected
        NoNodeAvailable ConnectTransport 10053 10054 10060
    """,
)
