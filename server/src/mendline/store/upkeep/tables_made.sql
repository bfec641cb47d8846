-- The numbers of the tables that were made.
SELECT number FROM schema_tables
