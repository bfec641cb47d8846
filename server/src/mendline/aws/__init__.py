"""AWS as a source: configuration, metrics and logs read by API, for any number of accounts and regions.

`sources` says where to read, `calls` is the one place that talks to AWS, `inventory`, `metrics` and `logs` read one
kind each, `scheduler.AwsReaders` runs them. Only `sources` is cheap to import: the others bring boto3.
"""
