-- Entries after an offset, in one epoch. KEYS 1 stream 2 the hash that knows the epoch; ARGV after, count, epoch
if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[3] then return {} end
return redis.call('XRANGE', KEYS[1], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
