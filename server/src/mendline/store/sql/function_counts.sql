-- How many invocations of each function are known in the range, of how many of them the platform's report tells, whatever
-- was sampled, how many they stand for where it does not, and in which versions.
SELECT function AS name, sum(sign) AS invocations, sumIf(sign, bitTest(sources, 3)) AS reported,
    sum(sign * toInt64(stands_for)) AS stand_for, groupUniqArrayIf(100)(version, version != '') AS versions
FROM invocations
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND function IN {functions:Array(String)}
GROUP BY function
