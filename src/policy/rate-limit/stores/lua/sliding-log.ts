import type { LuaMethod } from './lua-method.ts';

export const ADD_TO_LOG = `
local function units_of(member)
  return tonumber(match(member, ':(%d+)$')) or 0
end

local function add_to_log(b, units, at)
  local found = call('ZRANGEBYSCORE', b.key, text(at), text(at))[1]
  local before = found and units_of(found) or 0
  local after = max(0, min(MAX_PARTS, before + units))
  if after == before then return end
  if found then call('ZREM', b.key, found) end
  if after > 0 then call('ZADD', b.key, text(at), text(at) .. ':' .. text(after)) end
  b.used = b.used + after - before
  b.newest = max(b.newest, at)
end
`;

/**
 * {@link SlidingLog} in Redis: a sorted set with a member `time:units` for each take, by time, and one named `used`
 * whose score is −1 − the sum of all units, so that no time meets it and no other key is needed for the sum.
 */
export const SLIDING_LOG: LuaMethod = {
  name: 'sliding-log',
  load: `
    local newest = call('ZREVRANGE', b.key, 0, 0, 'WITHSCORES')
    b.newest = max(-1, tonumber(newest[2]) or -1)
    b.latest = max(now, b.newest)
    b.past = b.latest - b.window
    b.used = -1 - (tonumber(call('ZSCORE', b.key, 'used')) or -1)
    for _, member in ipairs(call('ZRANGEBYSCORE', b.key, 0, text(b.past))) do
      b.used = b.used - units_of(member)
    end`,
  available: 'return b.capacity - b.used',
  spend: 'add_to_log(b, units, b.latest)',
  amend: 'if taken_at > b.past then add_to_log(b, -units, min(taken_at, b.latest)) end',
  written: null,
  save: `
    call('ZREMRANGEBYSCORE', b.key, 0, text(b.past))
    call('ZADD', b.key, text(-1 - b.used), 'used')
    call('PEXPIRE', b.key, outlives)`,
  fullAfter: `
    if b.used == 0 then return 0 end
    local newest = call('ZREVRANGE', b.key, 0, 0, 'WITHSCORES')
    return max(0, tonumber(newest[2]) + b.window - now)`,
  waitFor: `
    local missing = units - (b.capacity - b.used)
    if missing <= 0 then return 0 end
    local after = '(' .. text(b.past)
    if b.past < 0 then after = '0' end
    local oldest = call('ZRANGEBYSCORE', b.key, after, '+inf', 'LIMIT', 0, text(missing))
    for _, member in ipairs(oldest) do
      missing = missing - units_of(member)
      if missing <= 0 then return tonumber(match(member, '^%d+')) + b.window - now end
    end
    return 0`,
};
