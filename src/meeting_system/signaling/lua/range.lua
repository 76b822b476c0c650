-- Entries after an offset, in one epoch, of each stream. KEYS a stream and the hash that knows its epoch, and so on;
-- ARGV epoch, count, then an offset for each stream.
local found = {}
for i = 1, #KEYS, 2 do
  local after = ARGV[2 + (i + 1) / 2]
  if redis.call('HGET', KEYS[i + 1], 'epoch') ~= ARGV[1] then found[#found + 1] = {}
  else found[#found + 1] = redis.call('XRANGE', KEYS[i], '(' .. after .. '-0', '+', 'COUNT', ARGV[2]) end
end
return found
