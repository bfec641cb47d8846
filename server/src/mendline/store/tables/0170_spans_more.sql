-- Whether a span has something of what few have: events, links, a message, what was dropped … What shows a trace reads these
-- columns only of those that do, which are a third of all that it would read.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS more Bool DEFAULT placed_at_receipt OR status_message != '' OR scope_details != ''
    OR notEmpty(events) OR notEmpty(links) OR dropped != (0, 0, 0)
