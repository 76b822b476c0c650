-- Renew leases of attached sessions. KEYS 1 timers, then 4 a session, its hash first; ARGV deadline_ms, ttl, then sid, gen
-- of each. Returns the sids that this generation does not hold (any more).
local strays = {}
for i = 3, #ARGV, 2 do
  local first = 2 + (i - 3) / 2 * 4
  local have = redis.call('HMGET', KEYS[first], 'gen', 'state')
  if have[1] == ARGV[i + 1] and have[2] == 'attached' then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i] .. ':' .. ARGV[i + 1])
    for j = 0, 3 do redis.call('EXPIRE', KEYS[first + j], tonumber(ARGV[2])) end
  else
    strays[#strays + 1] = ARGV[i]
  end
end
return strays
