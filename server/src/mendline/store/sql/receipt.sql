-- What has been stored, and when the newest span began; answered from the parts' own statistics where possible.
SELECT count() AS spans, if(count() = 0, 0, toUnixTimestamp64Nano(max(start))) AS last_ns FROM spans
