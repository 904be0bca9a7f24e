/** {@link TokenBucket} in Redis: a hash of `level` in parts and the time `at` which it was that. */
export const TOKEN_BUCKET = `
makers['token-bucket'] = function() return {
  load = function(b, now)
    local stored = redis.call('HMGET', b.key, 'level', 'at')
    local full = b.capacity * b.scale
    b.level = tonumber(stored[1]) or full
    b.at = tonumber(stored[2]) or 0
    if now > b.at then
      b.level = math.min(full, b.level + (now - b.at) * b.rate)
      b.at = now
    end
  end,
  available = function(b) return math.floor(b.level / b.scale) end,
  spend = function(b, units) b.level = b.level - units * b.scale end,
  -- What was void may have kept the bucket from being full, and the refill since from being lost: that is not given.
  amend = function(b, units, taken_at, is_void)
    local parts = units * b.scale
    if is_void then parts = math.max(0, parts - (b.at - taken_at) * b.rate) end
    b.level = math.max(-MAX_PARTS, math.min(b.capacity * b.scale, b.level + parts))
  end,
  save = function(b) redis.call('HSET', b.key, 'level', text(b.level), 'at', text(b.at)) end,
  full_after = function(b) return math.ceil((b.capacity * b.scale - b.level) / b.rate) end,
  wait_for = function(b, units) return math.max(0, math.ceil((units * b.scale - b.level) / b.rate)) end,
} end
`;
