-- Keep what a merge replaced for so many seconds (chDB's own default is none).
ALTER TABLE {table:Identifier} MODIFY SETTING old_parts_lifetime = {seconds:UInt64}
