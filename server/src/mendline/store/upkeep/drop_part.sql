-- A part that is damaged, and what is remembered of it, so that its rows can be inserted again.
ALTER TABLE {table:Identifier} DROP PART {part:String}
