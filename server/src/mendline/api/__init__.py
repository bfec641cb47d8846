"""What programs talk to: OTLP over HTTP, JSON under /api/v1, health and metrics."""
