-- What a session that comes back has to know, at one instant. KEYS 1 meta 2 people 3 log 4 personal; ARGV pid, ro, po.
-- Returns the room with this one person, and the first entry after each offset ('' where there is none).
local run_id = string.sub(string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'), 1, 12)
local known = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'seq', 'ended')
if not known[1] or string.sub(known[1], 1, 12) ~= run_id then return {} end
local function after(stream, off)
  local found = redis.call('XRANGE', stream, '(' .. off .. '-0', '+', 'COUNT', 1)
  return found[1] and found[1][1] or ''
end
local person = redis.call('HGET', KEYS[2], ARGV[1]) or ''
return {known[1], tonumber(known[2]), tonumber(known[3]), known[4], person, after(KEYS[3], ARGV[2]), after(KEYS[4], ARGV[3])}
