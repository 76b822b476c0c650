-- One atomic step of a room: every precondition first, then every effect. Mirrored by tests/signaling/memory_log.py.
-- KEYS 1 meta 2 log 3 people 4 removed 5 channel 6 session 7 acks 8 personal 9 ended session 10 timers 11 owner
local meta, log, people, removed, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local session, acks, personal, other, timers, owner = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local epoch, sid, gen, cid, ack = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local seq, now, timer, ended = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], ARGV[9]
local remove, ends, pid, drop, wipe = ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14]
local slots_gen, slots_ver, told = tonumber(ARGV[15]), tonumber(ARGV[16]), tonumber(ARGV[17])
local keep_count, keep_ms, keep_most, acks_kept = tonumber(ARGV[18]), tonumber(ARGV[19]), tonumber(ARGV[20]), tonumber(ARGV[21])
local room_ttl, session_ttl, gone_ttl = tonumber(ARGV[22]), tonumber(ARGV[23]), tonumber(ARGV[24])
local owner_wanted = ARGV[25]
local at = 25
local function take() at = at + 1; return ARGV[at] end
local function section(width)
  local rows = {}
  for i = 1, tonumber(take()) do
    local row = {}
    for j = 1, width do row[j] = take() end
    rows[i] = row
  end
  return rows
end
local fields, persons, events, privates, passing = section(2), section(5), section(3), section(2), section(2)

-- An epoch starts with the server's run id: a restarted server may have lost the last second of its log.
local run_id = string.sub(string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'), 1, 12)
local known = redis.call('HMGET', meta, 'epoch', 'top', 'seq', 'ended')
if not known[1] or known[1] ~= epoch or string.sub(epoch, 1, 12) ~= run_id then return {'epoch', 0, 0} end
local top, done_seq = tonumber(known[2]), tonumber(known[3])
local old_gen, po, record = -1, 0, {}
if sid ~= '' then
  local have = redis.call('HMGET', session, 'gen', 'last_cid', 'po', 'epoch', 'slots_gen', 'slots_ver', 'told')
  if have[1] then old_gen = tonumber(have[1]) end
  if old_gen ~= gen then return {'fenced', old_gen, 0} end
  if drop == '' then
    if known[4] == '1' then return {'ended', 0, 0} end
    if redis.call('SISMEMBER', removed, pid) == 1 then return {'removed', 0, 0} end
  end
  if owner_wanted ~= '*' and (redis.call('GET', owner) or '') ~= owner_wanted then return {'conflict', 0, 0} end
  if have[1] and wipe == '' and have[4] ~= epoch then return {'epoch', 0, 0} end
  po = tonumber(have[3] or 0)
  if cid > 0 and tonumber(have[2] or 0) ~= cid - 1 then return {'cid', tonumber(have[2] or 0), 0} end
  if slots_gen > 0 then
    local g, v = tonumber(have[5] or 0), tonumber(have[6] or 0)
    if slots_gen < g or (slots_gen == g and slots_ver <= v) then return {'old', 0, 0} end
  end
  if told > 0 and told <= tonumber(have[7] or 0) then return {'old', 0, 0} end
end
if seq > 0 then
  if seq <= done_seq then return {'old', done_seq, 0} end
  if seq ~= done_seq + 1 then return {'gap', done_seq, 0} end
end
for _, p in ipairs(persons) do
  local value = redis.call('HGET', people, p[1])
  local version = '0'
  if value then version = string.match(value, '^(%d+)|') end
  if version ~= p[2] then return {'conflict', tonumber(version), 0} end
end

for _, p in ipairs(persons) do
  if p[5] == '' then redis.call('HDEL', people, p[1])
  else redis.call('HSET', people, p[1], p[3] .. '|' .. p[4] .. '|' .. p[5]) end
end
if ends ~= '' then
  local g = redis.call('HGET', other, 'gen')
  if g then
    redis.call('ZREM', timers, ends .. ':' .. g)
    redis.call('HSET', other, 'state', 'gone', 'why', 'replaced', 'gen', tonumber(g) + 1)
    redis.call('EXPIRE', other, gone_ttl)
  end
  redis.call('PUBLISH', channel, epoch .. '\nx\n1000000000\nreplaced\n' .. ends .. '\n')
end
if remove ~= '' then redis.call('SADD', removed, remove) end
if sid ~= '' then
  local new_gen = old_gen
  if wipe ~= '' then
    redis.call('DEL', personal)
    po = 0
    redis.call('HSET', session, 'epoch', epoch, 'po', 0)
  end
  for _, f in ipairs(fields) do
    redis.call('HSET', session, f[1], f[2])
    if f[1] == 'gen' then new_gen = tonumber(f[2]) end
  end
  if slots_gen > 0 then redis.call('HSET', session, 'slots_gen', slots_gen, 'slots_ver', slots_ver) end
  if told > 0 then redis.call('HSET', session, 'told', told) end
  if cid > 0 then
    redis.call('HSET', session, 'last_cid', cid)
    redis.call('HSET', acks, cid, ack)
    redis.call('HDEL', acks, cid - acks_kept)
    redis.call('EXPIRE', acks, session_ttl)
  end
  if new_gen ~= old_gen and old_gen >= 0 then
    redis.call('ZREM', timers, sid .. ':' .. old_gen)
    redis.call('PUBLISH', channel, epoch .. '\nx\n' .. new_gen .. '\nreplaced\n' .. sid .. '\n')
  end
  if drop ~= '' then
    redis.call('ZREM', timers, sid .. ':' .. old_gen)
    redis.call('DEL', acks, personal, owner)
    redis.call('HSET', session, 'state', 'gone', 'why', drop, 'gen', old_gen + 1)
    session_ttl = gone_ttl
    redis.call('PUBLISH', channel, epoch .. '\nx\n' .. (old_gen + 1) .. '\n' .. drop .. '\n' .. sid .. '\n')
  else
    if timer ~= '' then
      redis.call('ZADD', timers, timer, sid .. ':' .. new_gen)
      redis.call('SET', owner, sid, 'EX', session_ttl)
    end
    for _, e in ipairs(privates) do
      po = po + 1
      local frame = '{"f":"ev","st":"p","off":' .. po .. ',"ep":"' .. epoch .. '",' .. e[2]
      redis.call('XADD', personal, 'MAXLEN', 512, po .. '-0', 't', e[1], 'w', sid, 'f', frame)
      redis.call('PUBLISH', channel, epoch .. '\np\n' .. po .. '\n' .. e[1] .. '\n' .. sid .. '\n' .. frame)
    end
    redis.call('HSET', session, 'po', po)
    if #privates > 0 then redis.call('EXPIRE', personal, session_ttl) end
  end
  redis.call('EXPIRE', session, session_ttl)
  -- Who begins a generation has to know what the one before did until now.
  if new_gen ~= old_gen and old_gen >= 0 then record = redis.call('HGETALL', session) end
end
for _, e in ipairs(events) do
  top = top + 1
  local frame = '{"f":"ev","st":"r","off":' .. top .. ',"ep":"' .. epoch .. '",' .. e[3]
  redis.call('XADD', log, top .. '-0', 't', e[1], 'w', e[2], 'f', frame, 'm', now)
  redis.call('PUBLISH', channel, epoch .. '\nr\n' .. top .. '\n' .. e[1] .. '\n' .. e[2] .. '\n' .. frame)
end
for _, e in ipairs(passing) do
  redis.call('PUBLISH', channel, epoch .. '\ne\n0\n' .. e[1] .. '\n\n{"f":"ev","st":"r",' .. e[2])
end
if #events > 0 then
  redis.call('HSET', meta, 'top', top)
  local before = top - #events
  if top > keep_count and math.floor(top / 64) > math.floor(before / 64) then
    local edge = redis.call('XRANGE', log, (top - keep_count) .. '-0', (top - keep_count) .. '-0')
    if edge[1] and tonumber(edge[1][2][8]) < now - keep_ms then
      redis.call('XTRIM', log, 'MINID', (top - keep_count + 1) .. '-0')
    elseif top > keep_most then
      redis.call('XTRIM', log, 'MINID', (top - keep_most + 1) .. '-0')
    end
  end
end
if seq > 0 then redis.call('HSET', meta, 'seq', seq) end
if ended ~= '' then
  redis.call('HSET', meta, 'ended', '1')
  room_ttl = gone_ttl
end
for i = 1, 4 do redis.call('EXPIRE', KEYS[i], room_ttl) end
return {'ok', top, po, record}
