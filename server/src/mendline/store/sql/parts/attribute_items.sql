-- The values of a row's attributes, those that are lists of texts also item by item: what an index looks for.
arrayFlatten(arrayMap(v -> if(startsWith(v, '["'), arrayPushBack(JSONExtract(v, 'Array(String)'), v), [v]), mapValues(attributes)))
