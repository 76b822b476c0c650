-- The room's top and people at one instant. KEYS 1 meta 2 people
local run_id = string.sub(string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'), 1, 12)
local known = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'seq', 'ended')
if not known[1] or string.sub(known[1], 1, 12) ~= run_id then return {} end
return {known[1], tonumber(known[2]), tonumber(known[3]), known[4], redis.call('HGETALL', KEYS[2])}
