"""The Lambda platform's own words made OTLP: CloudWatch log lines, Firehose deliveries, metric streams.

Pure: bytes in, export requests out; nothing here reads a clock or does input or output. `convert` is the entry.
"""
