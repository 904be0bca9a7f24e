/** {@link TokenBucket} in Redis: when it was last looked at, and the level that it had, in parts. */
export const TOKEN_BUCKET = `
-- From the latest time seen on, which a clock that stepped back has to come to first.
local function until_level(b, parts)
  local missing = parts - b.level
  if missing <= 0 then return 0 end
  return math.ceil(missing / b.rate) + b.at - b.now
end

makers['token-bucket'] = function() return {
  load = function(b, stored, now)
    local full = b.capacity * b.scale
    b.now = now
    b.at, b.level = 0, full
    if stored then b.at, b.level = two_numbers(stored) end
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
  written = function(b) return string.format('%.0f:%.0f', b.at, b.level) end,
  full_after = function(b) return until_level(b, b.capacity * b.scale) end,
  wait_for = function(b, units) return until_level(b, units * b.scale) end,
} end
`;
