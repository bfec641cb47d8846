"""The one place where things are built and wired: store, spool, writer, web and OTLP listeners."""
