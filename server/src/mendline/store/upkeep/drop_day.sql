-- One day of a table.
ALTER TABLE {table:Identifier} DROP PARTITION {day:String}
