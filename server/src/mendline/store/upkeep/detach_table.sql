-- Put a table away, to be looked at anew.
DETACH TABLE {table:Identifier}
