-- Renew leases of attached sessions. KEYS 1 timers, then 4 a session; ARGV deadline_ms, ttl, then `sid:gen` each
for i = 3, #ARGV do
  redis.call('ZADD', KEYS[1], 'XX', ARGV[1], ARGV[i])
  for j = 0, 3 do redis.call('EXPIRE', KEYS[2 + (i - 3) * 4 + j], tonumber(ARGV[2])) end
end
return #ARGV - 2
