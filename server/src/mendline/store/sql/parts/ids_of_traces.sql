-- Traces by their ids, in hex.
(SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))
