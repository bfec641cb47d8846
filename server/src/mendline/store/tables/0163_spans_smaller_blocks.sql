-- What is compressed as one must be read as one, and of most blocks a trace needs one span: in a quarter of the usual size
-- a trace is read in three quarters of the time, and a span takes half a byte more. (Parts of before are written so when
-- they are merged.)
ALTER TABLE spans MODIFY SETTING min_compress_block_size = 16384
