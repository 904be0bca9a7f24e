/**
 * {@link SlidingLog} in Redis: a sorted set with a member `time:units` for each take, by time, and one named `used`
 * whose score is −1 − the sum of all units, so that no time meets it and no other key is needed for the sum.
 */
export const SLIDING_LOG = `
local function units_of(member)
  return tonumber(string.match(member, ':(%d+)$')) or 0
end

local function add(b, units, at)
  local found = redis.call('ZRANGEBYSCORE', b.key, text(at), text(at))[1]
  local before = found and units_of(found) or 0
  local after = math.max(0, math.min(MAX_PARTS, before + units))
  if after == before then return end
  if found then redis.call('ZREM', b.key, found) end
  if after > 0 then redis.call('ZADD', b.key, text(at), text(at) .. ':' .. text(after)) end
  b.used = b.used + after - before
  b.newest = math.max(b.newest, at)
end

makers['sliding-log'] = function() return {
  load = function(b, _, now)
    b.asked_at = now
    local newest = redis.call('ZREVRANGE', b.key, 0, 0, 'WITHSCORES')
    b.newest = math.max(-1, tonumber(newest[2]) or -1)
    b.now = math.max(now, b.newest)
    b.past = b.now - b.window
    b.used = -1 - (tonumber(redis.call('ZSCORE', b.key, 'used')) or -1)
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', b.key, 0, text(b.past))) do
      b.used = b.used - units_of(member)
    end
  end,
  available = function(b) return b.capacity - b.used end,
  spend = function(b, units) add(b, units, b.now) end,
  amend = function(b, units, taken_at)
    if taken_at > b.past then add(b, -units, math.min(taken_at, b.now)) end
  end,
  save = function(b)
    redis.call('ZREMRANGEBYSCORE', b.key, 0, text(b.past))
    redis.call('ZADD', b.key, text(-1 - b.used), 'used')
  end,
  full_after = function(b)
    if b.used == 0 then return 0 end
    local newest = redis.call('ZREVRANGE', b.key, 0, 0, 'WITHSCORES')
    return math.max(0, tonumber(newest[2]) + b.window - b.asked_at)
  end,
  wait_for = function(b, units)
    local missing = units - (b.capacity - b.used)
    if missing <= 0 then return 0 end
    local after = '(' .. text(b.past)
    if b.past < 0 then after = '0' end
    local oldest = redis.call('ZRANGEBYSCORE', b.key, after, '+inf', 'LIMIT', 0, text(missing))
    for _, member in ipairs(oldest) do
      missing = missing - units_of(member)
      if missing <= 0 then return tonumber(string.match(member, '^%d+')) + b.window - b.asked_at end
    end
    return 0
  end,
} end
`;
