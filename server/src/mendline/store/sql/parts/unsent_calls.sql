-- The summary of an invocation, as its agent tells it (mendline.operations): type, name, operation of each resource that
-- was called, how many calls there were, how many failed, and how long they took in all and at most, in ms.
JSONExtract(attributes['mendline.operations'], 'Array(Tuple(String, String, String, UInt32, UInt32, Float64, Float64))')
