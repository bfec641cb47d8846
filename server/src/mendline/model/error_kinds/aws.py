"""Error codes of AWS services, as their SDKs name them, for what functions call; and of Step Functions' states.

Sources: the error shapes of the services' models as botocore ships them, and the "Common errors" and "Error responses"
pages of their API references.
"""

from __future__ import annotations

from mendline.model.error_kinds.kinds import by_kind

COMMON = by_kind(
    timeout="RequestTimeout RequestTimeoutException RequestTimedOut GatewayTimeout TimeoutException TimedOut",
    throttled="""
        Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException Throttled
        TooManyRequests TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded LimitExceeded
        LimitExceededException ServiceQuotaExceeded ServiceQuotaExceededException QuotaExceeded
        PriorRequestNotComplete TransactionInProgressException ResourceLimitExceeded RateExceeded RateLimitExceeded
        OverLimit
    """,
    permission="""
        AccessDenied AccessDeniedException AccessDeniedFault UnauthorizedOperation UnauthorizedAccess NotAuthorized
        NotAuthorizedException Unauthorized UnauthorizedException AuthFailure AuthorizationError Forbidden
        ForbiddenException ExpiredToken ExpiredTokenException TokenRefreshRequired RequestExpired
        InvalidClientTokenId UnrecognizedClient UnrecognizedClientException InvalidAccessKeyId IncompleteSignature
        InvalidSignatureException SignatureDoesNotMatch MissingAuthenticationToken
        MissingAuthenticationTokenException OptInRequired SubscriptionRequiredException RequestTimeTooSkewed
        InvalidSecurity NotSignedUp MissingClientTokenId InvalidToken InvalidIdentityToken CredentialsNotFound
    """,
    not_found="""
        NotFound NotFoundException ResourceNotFound ResourceNotFoundException ResourceNotFoundFault NoSuchEntity
        NoSuchEntityException EntityNotFoundException DoesNotExist DoesNotExistException GoneException Gone
    """,
    validation="""
        ValidationError ValidationException InvalidParameter InvalidParameterException InvalidParameterValue
        InvalidParameterValueException InvalidParameterCombination InvalidParameterCombinationException
        InvalidParameters InvalidRequest InvalidRequestException InvalidInput InvalidInputException InvalidAction
        InvalidQueryParameter MalformedQueryString MissingAction MissingParameter MissingRequiredParameter
        MissingRequiredParameterException BadRequest BadRequestException InvalidArgument InvalidArgumentException
        InvalidNextToken InvalidNextTokenException InvalidPaginationToken InvalidPaginationTokenException
        UnsupportedOperation UnsupportedOperationException InvalidArn InvalidArnException InvalidFormat
        InvalidFormatFault InvalidTypeException ParamValidationError InvalidHttpRequest
        MalformedHttpRequestException UnsupportedProtocol MethodNotAllowed MethodNotAllowedException InvalidTag
        TagException TagPolicyException UnknownOperationException DryRunOperationException
    """,
    input="""
        SerializationException RequestEntityTooLarge RequestEntityTooLargeException PayloadTooLarge RequestTooLarge
    """,
    conflict="""
        Conflict ConflictException ResourceConflictException ResourceInUse ResourceInUseException AlreadyExists
        AlreadyExistsException ResourceAlreadyExists ResourceAlreadyExistsException ResourceExistsException
        EntityAlreadyExists EntityAlreadyExistsException ConcurrentModification ConcurrentModificationException
        ConcurrentUpdateException OperationAborted OperationAbortedException IdempotentParameterMismatch
        IdempotentParameterMismatchException PreconditionFailed PreconditionFailedException
        ResourceNotReadyException PreconditionNotMetException
    """,
    provider="""
        InternalError InternalFailure InternalFailureException InternalServerError InternalServerErrorException
        InternalServerException InternalServiceError InternalServiceErrorException InternalServiceException
        InternalServiceFault InternalException ServerException ServiceException ServiceUnavailable
        ServiceUnavailableException ServiceUnavailableError ServiceFailure ServiceFailureException Unavailable
        ServiceNotActiveException
    """,
)

COMPUTE = by_kind(  # Lambda, API Gateway, Step Functions, Cognito's triggers
    timeout="""
        EFSMountTimeoutException SnapStartTimeoutException S3FilesMountTimeoutException CallbackTimeoutException
        States.Timeout States.HeartbeatTimeout TaskTimedOut IntegrationTimeout INTEGRATION_TIMEOUT
        Lambda.ClientExecutionTimeoutException
    """,
    throttled="""
        ENILimitReachedException SubnetIPAddressLimitReachedException EC2ThrottledException ActivityLimitExceeded
        ActivityWorkerLimitExceeded ExecutionLimitExceeded StateMachineLimitExceeded CodeStorageExceededException
        PolicyLengthExceededException RecursiveInvocationException KMSThrottlingException TooManyTags
        FunctionVersionsPerCapacityProviderLimitExceededException CapacityProviderLimitExceededException
        Lambda.TooManyRequestsException ConcurrentInvocationLimitExceeded
        ReservedFunctionConcurrentInvocationLimitExceeded ReservedFunctionInvocationRateLimitExceeded
        FunctionInvocationRateLimitExceeded CallerRateLimitExceeded ConcurrentSnapshotCreateLimitExceeded THROTTLED
        API_CONFIGURATION_QUOTA QUOTA_EXCEEDED AliasLimitExceededException
    """,
    permission="""
        EC2AccessDeniedException KMSAccessDeniedException KMSDisabledException PublicPolicyException
        InvalidSecurityGroupIDException CodeVerificationFailedException States.Permissions AUTHORIZER_FAILURE
        AUTHORIZER_CONFIGURATION_ERROR EXPIRED_TOKEN INVALID_API_KEY INVALID_SIGNATURE MISSING_AUTHENTICATION_TOKEN
        WAF_FILTERED ServiceAccessNotEnabledException
    """,
    not_found="""
        KMSNotFoundException ActivityDoesNotExist ExecutionDoesNotExist StateMachineDoesNotExist TaskDoesNotExist
        CodeSigningConfigNotFoundException PolicyNotFoundException ProvisionedConcurrencyConfigNotFoundException
        FunctionNotFoundException NoPublishedVersionException
    """,
    validation="""
        InvalidDefinition InvalidName InvalidOutput InvalidExecutionInput InvalidLoggingConfiguration
        InvalidEncryptionConfiguration InvalidTracingConfiguration InvalidRuntimeException InvalidSubnetIDException
        InvalidZipFileException InvalidCodeSignatureException StateMachineTypeNotSupported ModeNotSupportedException
        ExecutionNotRedrivable States.NoChoiceMatched States.ParameterPathFailure States.ResultPathMatchFailure
        States.QueryEvaluationError States.IntrinsicFailure BAD_REQUEST_BODY BAD_REQUEST_PARAMETERS
        InvalidLambdaResponseException RuntimeAliasDeletedException RuntimeVersionDeletedException
    """,
    input="""
        InvalidRequestContentException SerializedRequestEntityTooLargeException REQUEST_TOO_LARGE
        States.DataLimitExceeded States.ItemReaderFailed
    """,
    conflict="""
        ActivityAlreadyExists ExecutionAlreadyExists StateMachineAlreadyExists StateMachineDeleting
        ENINotReadyException KMSInvalidStateException SnapStartNotReadyException
        DurableExecutionAlreadyStartedException States.ResultWriterFailed TooManyUpdates
    """,
    provider="""
        EC2UnexpectedException EFSIOException EFSMountConnectivityException EFSMountFailureException
        S3FilesMountConnectivityException S3FilesMountFailureException SnapStartRegenerationFailureException
        UnexpectedLambdaException API_CONFIGURATION_ERROR INTEGRATION_FAILURE Lambda.ServiceException
        Lambda.AWSLambdaException
    """,
    init="SnapStartException",
    unhandled="""
        States.TaskFailed Unhandled Handled TaskFailed TestFunctionFailed States.BranchFailed
        States.ExceedToleratedFailureThreshold
    """,
    network="Lambda.SdkClientException",
)

DATA = by_kind(  # DynamoDB, S3, RDS Data API
    timeout="StatementTimeoutException",
    throttled="""
        ProvisionedThroughputExceeded ProvisionedThroughputExceededException
        ItemCollectionSizeLimitExceededException SlowDown SlowDownWrite SlowDownRead ReduceYourRate
        RequestRateTooHigh ReplayLimitExceeded TooManyBuckets TooManyParts
    """,
    permission="""
        AllAccessDisabled AccountProblem InvalidPayer CrossLocationLoggingProhibited InvalidObjectOwner
        SecretsErrorException
    """,
    not_found="""
        TableNotFoundException IndexNotFoundException BackupNotFoundException ExportNotFoundException
        ImportNotFoundException GlobalTableNotFoundException ReplicaNotFoundException NoSuchKey NoSuchBucket
        NoSuchBucketPolicy NoSuchUpload NoSuchVersion NoSuchLifecycleConfiguration NoSuchTagSet
        NoSuchWebsiteConfiguration NoSuchCORSConfiguration DatabaseNotFoundException TransactionNotFoundException
        NoSuchAnnotation NoSuchResource
    """,
    validation="""
        AuthorizationHeaderMalformed BadDigest InvalidDigest CredentialsNotSupported EntityTooSmall IncompleteBody
        InvalidBucketName InvalidPart InvalidPartOrder InvalidRange InvalidStorageClass KeyTooLong KeyTooLongError
        MalformedACLError MalformedPOSTRequest MalformedXML MalformedPolicy MetadataTooLarge MissingContentLength
        MissingRequestBodyError MissingSecurityHeader PermanentRedirect TemporaryRedirect
        IllegalLocationConstraintException InvalidLocationConstraint TokenCodeInvalid UnexpectedContent
        UserKeyMustBeSpecified InvalidWriteOffset EncryptionTypeMismatch InvalidExportTimeException
        InvalidRestoreTimeException InvalidURI UnsupportedResultException XAmzContentSHA256Mismatch
        InvalidAnnotationName AnnotationNameTooLong AnnotationLimitExceeded NotSupported
        HttpEndpointNotEnabledException InvalidEndpointException InvalidPrefix
    """,
    input="EntityTooLarge MaxMessageLengthExceeded MaxPostPreDataLengthExceededError InvalidTextEncoding",
    conflict="""
        ConditionalCheckFailed ConditionalCheckFailedException TransactionCanceledException TransactionConflict
        TransactionConflictException DuplicateItem DuplicateItemException TableInUseException
        TableAlreadyExistsException BackupInUseException ContinuousBackupsUnavailableException
        ExportConflictException ImportConflictException GlobalTableAlreadyExistsException
        ReplicaAlreadyExistsException ReplicatedWriteConflictException PolicyNotAttachable BucketAlreadyExists
        BucketAlreadyOwnedByYou BucketNotEmpty InvalidBucketState InvalidObjectState ObjectAlreadyInActiveTierError
        ObjectNotInActiveTierError RestoreAlreadyInProgress ConditionalRequestConflict IdempotencyParameterMismatch
        DatabaseResumingException PointInTimeRecoveryUnavailableException InvalidResourceStateException
    """,
    provider="DatabaseUnavailableException",
)

MESSAGING = by_kind(  # SQS, SNS, Kinesis, Firehose, EventBridge, Scheduler, SES, API Gateway's sockets
    throttled="""
        FilterPolicyLimitExceeded SubscriptionLimitExceeded TopicLimitExceeded TagLimitExceeded KMSThrottling
        KmsThrottled ConfigurationSetSendingPausedException SendingPausedException ConcurrentAccess
        ConcurrentAccessException
    """,
    permission="""
        AuthorizationErrorException KMSAccessDenied KMSDisabled KMSOptInRequired KmsAccessDenied KmsDisabled
        KmsOptInRequired EndpointDisabled EndpointDisabledException PlatformApplicationDisabled
        PlatformApplicationDisabledException OptedOut OptedOutException VerificationException
        MailFromDomainNotVerified MailFromDomainNotVerifiedException FromEmailAddressNotVerified
        ProductionAccessNotGranted AccountSuspended AccountSuspendedException AccountSendingPaused
        AccountSendingPausedException
    """,
    not_found="""
        NonExistentQueue AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist KMSNotFound KmsNotFound
        EventDestinationDoesNotExist ConfigurationSetDoesNotExist TemplateDoesNotExist RuleDoesNotExist
        RuleSetDoesNotExist
    """,
    validation="""
        EmptyBatchRequest UserError TooManyEntriesInBatchRequest BatchEntryIdsNotDistinct BatchRequestTooLong
        BatchTooLarge InvalidBatchEntryId InvalidAddress InvalidAttributeName InvalidAttributeValue InvalidIdFormat
        InvalidMessageContents ReceiptHandleIsInvalid InvalidEventPatternException ManagedRuleException
        InvalidKMSResource InvalidKMSResourceException KmsInvalidKeyUsage KMSInvalidKeyUsage ParameterValueInvalid
        EmptyBatchRequestException MessageRejected MissingRenderingAttribute InvalidRenderingParameter
        InvalidTemplate InvalidTypeName InvalidSourceException
    """,
    conflict="""
        MessageNotInflight PurgeQueueInProgress QueueDeletedRecently QueueNameExists QueueAlreadyExists
        ExpiredIterator ExpiredIteratorException ExpiredNextTokenException KMSInvalidState KmsInvalidState StaleTag
        StaleTagException TrimmedDataAccessException IllegalStatusException OperationDisabledException
        UpdateInProgressException InvalidStateException
    """,
)

KEYS = by_kind(  # Secrets Manager, SSM parameters, STS, KMS, Cognito
    timeout="DependencyTimeoutException",
    throttled="""
        TooManyFailedAttemptsException ParameterLimitExceeded ParameterMaxVersionLimitExceeded
        HierarchyLevelLimitExceededException
    """,
    permission="""
        DecryptionFailure EncryptionFailure IDPRejectedClaim InvalidAuthorizationMessageException
        RegionDisabledException ExpiredTradeInTokenException OutboundWebIdentityFederationDisabledException
        SessionDurationEscalationException DisabledException KMSInvalidSignatureException KMSInvalidMacException
        IncorrectKeyException InvalidCiphertextException InvalidGrantTokenException InvalidGrantIdException
        CodeMismatchException ExpiredCodeException PasswordResetRequiredException UserNotConfirmedException
        RefreshTokenReuseException PasswordHistoryPolicyViolation PasswordHistoryPolicyViolationException
        EnableSoftwareTokenMFAException MFAMethodNotFoundException SoftwareTokenMFANotFoundException
        LockoutPreventionException XksProxyIncorrectAuthenticationCredentialException
    """,
    not_found="""
        ParameterNotFound ParameterVersionNotFound UserNotFoundException PolicyNotFound DeviceNotFoundException
    """,
    validation="""
        MalformedPolicyDocument MalformedPolicyDocumentException PackedPolicyTooLarge PackedPolicyTooLargeException
        JWTPayloadSizeExceededException ParameterPatternMismatchException HierarchyTypeMismatchException
        InvalidAllowedPatternException UnsupportedParameterType InvalidFilterKey InvalidFilterOption
        InvalidFilterValue InvalidAliasNameException InvalidKeyUsageException InvalidMarkerException
        InvalidUserPoolConfigurationException InvalidLambdaFunctionException InvalidOAuthFlowException
        PoliciesLimitExceededException InvalidPolicyAttributeException InvalidPolicyTypeException
        IncompatiblePolicyException UnsupportedTokenTypeException UnsupportedUserStateException InvalidKeyId
        InvalidSecretException UserLambdaValidationException
    """,
    conflict="AliasExistsException UsernameExistsException GroupExistsException ParameterAlreadyExists",
    provider="""
        IDPCommunicationError DependencyException CodeDeliveryFailureException KMSInternalException
        KeyUnavailableException
    """,
)

ADMINISTRATION = by_kind(  # what seldom happens in a function: setting up keys, senders, user pools and code
    permission="""
        ExpiredImportTokenException IncorrectKeyMaterialException IncorrectTrustAnchorException
        InvalidImportTokenException InvalidEmailRoleAccessPolicyException InvalidSmsRoleAccessPolicyException
        InvalidSmsRoleTrustRelationshipException WebAuthnClientMismatchException
        WebAuthnCredentialNotSupportedException WebAuthnOriginNotAllowedException
        WebAuthnRelyingPartyMismatchException
    """,
    not_found="""
        CloudHsmClusterNotFoundException CustomKeyStoreNotFoundException XksKeyNotFoundException
        XksProxyVpcEndpointServiceNotFoundException CustomVerificationEmailTemplateDoesNotExist
        TrackingOptionsDoesNotExistException ScopeDoesNotExistException WebAuthnChallengeNotFoundException
        CodeArtifactUserDeletedException
    """,
    validation="""
        CloudHsmClusterInvalidConfigurationException CloudHsmClusterNotRelatedException
        XksKeyInvalidConfigurationException XksProxyInvalidConfigurationException
        XksProxyVpcEndpointServiceInvalidConfigurationException CustomVerificationEmailInvalidContent
        InvalidCloudWatchDestination InvalidConfigurationSet InvalidDeliveryOptions InvalidFirehoseDestination
        InvalidPolicy InvalidS3Configuration InvalidSNSDestination InvalidSnsTopic InvalidTrackingOptions
        FeatureUnavailableInTierException OperationNotEnabledException TierChangeNotAllowedException
        UnsupportedIdentityProviderException UserPoolAddOnNotEnabledException UserPoolTaggingException
        WebAuthnConfigurationMissingException WebAuthnNotEnabledException
    """,
    conflict="""
        CloudHsmClusterInUseException CloudHsmClusterNotActiveException CustomKeyStoreHasCMKsException
        CustomKeyStoreInvalidStateException CustomKeyStoreNameInUseException XksKeyAlreadyInUseException
        XksProxyUriEndpointInUseException XksProxyUriInUseException XksProxyVpcEndpointServiceInUseException
        CannotDelete ConfigurationSetAlreadyExists CustomVerificationEmailTemplateAlreadyExists
        EventDestinationAlreadyExists TrackingOptionsAlreadyExistsException DeviceKeyExistsException
        DuplicateProviderException ManagedLoginBrandingExistsException TermsExistsException
        UserImportInProgressException CodeArtifactUserPendingException
    """,
    provider="CodeArtifactUserFailedException XksProxyInvalidResponseException",
    network="XksProxyUriUnreachableException",
)

WATCH = by_kind(  # CloudWatch, Logs, X-Ray, Bedrock
    timeout="ModelTimeoutException SessionTimeoutException",
    throttled="""
        InternalLimitExceeded LimitExceededFault PolicyCountLimitExceededException PolicySizeLimitExceededException
        RuleLimitExceededException
    """,
    validation="""
        InvalidOperationException MalformedQueryException MissingVersion DashboardInvalidInputError
        InvalidParameterInput InvalidPolicyRevisionIdException
    """,
    conflict="DataAlreadyAcceptedException InvalidSequenceTokenException ModelNotReadyException",
    not_found="DashboardNotFoundError KmsKeyNotFoundException",
    provider="ModelErrorException ModelStreamErrorException InternalStreamingException SessionStreamingException",
    permission="KmsKeyDisabledException",
)
