-- So that it is told of parts of before, too: of these one column is written, in the background.
ALTER TABLE spans MATERIALIZE COLUMN more SETTINGS mutations_sync = 0
