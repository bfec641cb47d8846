"""One module a page: read the URL, ask insight, say what to show."""
