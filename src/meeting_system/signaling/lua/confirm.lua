-- Retire the resume tokens before the newest ones. KEYS sessions; ARGV gen, older tokens of each: another generation
-- has retired them itself.
for i, session in ipairs(KEYS) do
  if redis.call('HGET', session, 'gen') == ARGV[2 * i - 1] then
    redis.call('HSET', session, 'previous_token', '', 'older_tokens', ARGV[2 * i])
  end
end
