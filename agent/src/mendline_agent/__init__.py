"""The mendline_agent distribution."""
