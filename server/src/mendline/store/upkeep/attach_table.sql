-- Look at a table anew: of parts that are damaged, those are taken that they replaced.
ATTACH TABLE {table:Identifier}
