"""Which tables of a store have rows, to empty them between tests."""

TABLES_WITH_ROWS = """SELECT name FROM system.tables
WHERE database = currentDatabase() AND total_rows > 0 AND name NOT LIKE 'schema_%'"""
