-- Epoch and top of each room. KEYS metas
local run_id = string.sub(string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'), 1, 12)
local found = {}
for i, key in ipairs(KEYS) do
  local known = redis.call('HMGET', key, 'epoch', 'top')
  if known[1] and string.sub(known[1], 1, 12) == run_id then found[i] = {known[1], tonumber(known[2])} else found[i] = {'', 0} end
end
return found
