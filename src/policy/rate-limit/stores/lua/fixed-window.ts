/** {@link FixedWindow} in Redis: a hash of the window's number and what was `used` in it. */
export const FIXED_WINDOW = `
makers['fixed-window'] = function() return {
  load = function(b, now)
    local stored = redis.call('HMGET', b.key, 'window', 'used')
    b.now = now
    b.number = tonumber(stored[1]) or 0
    b.used = tonumber(stored[2]) or 0
    local number = math.floor(now / b.window)
    if number > b.number then
      b.number = number
      b.used = 0
    end
  end,
  available = function(b) return b.capacity - b.used end,
  spend = function(b, units) b.used = b.used + units end,
  amend = function(b, units, taken_at)
    if math.floor(taken_at / b.window) ~= b.number then return end
    b.used = math.max(0, math.min(MAX_PARTS, b.used - units))
  end,
  save = function(b) redis.call('HSET', b.key, 'window', text(b.number), 'used', text(b.used)) end,
  full_after = function(b)
    if b.used == 0 then return 0 end
    return (b.number + 1) * b.window - b.now
  end,
  wait_for = function(b, units)
    if b.used + units <= b.capacity then return 0 end
    return (b.number + 1) * b.window - b.now
  end,
} end
`;
