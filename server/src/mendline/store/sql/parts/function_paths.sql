-- Of each span of a trace, the functions on the way to it, each behind a line break.
mapValues(arrayFold(
    (paths, span) -> mapUpdate(paths, map(span.2, concat(paths[span.3], if(span.4 = '', '', concat('\n', span.4))))),
    arraySort(groupArray(2000)((start, span_id, parent, toString(w.function)))),
    CAST(map(), 'Map(FixedString(8), String)')))
