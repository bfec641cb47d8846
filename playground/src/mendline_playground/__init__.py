"""A local AWS Lambda with a living shop, for the demo and for tests."""
