-- How many writes of the engine to its files the system refused since the process began.
SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'
