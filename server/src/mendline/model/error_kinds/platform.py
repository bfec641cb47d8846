"""What Lambda itself says ended an invocation: error types of reports, of its runtimes and of extensions.

Source: the platform's reports, the Telemetry API's schema, and the open-source runtime interface emulator and clients.
"""

from __future__ import annotations

from mendline.model.error_kinds.kinds import by_kind

LAMBDA = by_kind(
    timeout="Sandbox.Timedout Function.Timeout",
    oom="Runtime.OutOfMemory OutOfMemory",
    crash="""
        Runtime.ExitError Runtime.Exited Extension.Crash Extension.ExitError Sandbox.Failure Runtime.StreamError
        Runtime.TruncatedResponse Runtime.NodeJsExit NodejsExit Runtime.Panic
    """,
    init="""
        Runtime.ImportModuleError Runtime.HandlerNotFound Runtime.HandlerUndefined Runtime.MalformedStreamingHandler
        Runtime.BuiltInModuleConflict Runtime.MalformedHandlerName Runtime.UserCodeSyntaxError
        Runtime.InvalidEntrypoint Runtime.InvalidWorkingDir Runtime.InvalidTaskConfig Runtime.InitError
        Extension.InitError Extension.LaunchError Runtime.InvalidStreamingOperation Runtime.BeforeCheckpointError
        Runtime.AfterRestoreError Runtime.RestoreError Extension.RegistrationClosed Extension.TooManyExtensions
        Extension.InvalidExtensionName Extension.InvalidExtensionState Extension.MissingExtensionIdentifier
        Extension.InvalidExtensionIdentifier Extension.UnknownExtensionIdentifier Extension.MissingHeader
        Extension.InvalidEventType
    """,
    input="""
        Runtime.UnmarshalError Runtime.MarshalError Function.ResponseSizeTooLarge Runtime.ResponseSizeTooLarge
        Runtime.InvalidResponseModeHeader Runtime.InvalidEventNotifyTransition
    """,
    unhandled="Runtime.UnhandledPromiseRejection Runtime.UnhandledError Runtime.Unknown Unknown",
)
