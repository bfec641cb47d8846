-- What started each trace that has a span near the range: method and route, else the name of its first span.
SELECT trace_id, argMin(if(kind = 2 AND attributes['http.request.method'] != '',
    concat(attributes['http.request.method'], ' ',
        if(attributes['http.route'] != '', attributes['http.route'], attributes['url.path'])),
    name), (parent_id != toFixedString('', 8), start, span_id)) AS entry
FROM spans
WHERE {PART(spans_near)}
GROUP BY trace_id
