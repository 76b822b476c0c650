-- Open a room's log unless a valid one exists. KEYS 1 meta 2 log 3 people 4 removed; ARGV salt, seq, ended, ttl, removed...
local run_id = string.sub(string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'), 1, 12)
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch or string.sub(epoch, 1, 12) ~= run_id then
  epoch = run_id .. '-' .. ARGV[1]
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[4])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'top', 0, 'seq', ARGV[2], 'ended', ARGV[3])
  for i = 5, #ARGV do
    redis.call('SADD', KEYS[4], ARGV[i])
    redis.call('HDEL', KEYS[3], ARGV[i])
  end
  for i = 1, 4 do redis.call('EXPIRE', KEYS[i], tonumber(ARGV[4])) end
end
return epoch
