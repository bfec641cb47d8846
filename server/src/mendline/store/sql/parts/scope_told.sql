-- An instrumentation scope `sc` of a request, and what is seldom told of one.
        sc.scope.name AS scope_name, sc.scope.version AS scope_version,
        if(empty(sc.scope.attributes) AND sc.schema_url = '' AND sc.scope.dropped_attributes_count = 0, '', concat(
            '{"attributes":', toJSONString({MAP(sc.scope.attributes)}),
            ',"attribute_types":', toJSONString({TYPES(sc.scope.attributes)}),
            ',"schema_url":', toJSONString(sc.schema_url),
            ',"dropped_attributes":', toString(sc.scope.dropped_attributes_count), '}')) AS scope_details,
