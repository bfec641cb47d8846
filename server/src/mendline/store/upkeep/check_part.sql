-- Whether a part (its name stands for {PART}) is on the disk as it was made: 1, else 0.
CHECK TABLE {table:Identifier} PART {PART} SETTINGS check_query_single_value_result = 1
