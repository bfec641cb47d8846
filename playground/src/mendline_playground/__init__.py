"""The mendline_playground distribution."""
