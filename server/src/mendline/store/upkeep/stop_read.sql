-- Stop the statement of a name (ReadLimits.settings), without waiting for its end.
KILL QUERY WHERE Settings['log_comment'] = {name:String} AND query NOT LIKE 'KILL QUERY%' ASYNC
