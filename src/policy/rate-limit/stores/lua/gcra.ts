/** {@link Gcra} in Redis: the theoretical arrival time, ms and the parts of the next. */
export const GCRA = `
makers['gcra'] = function() return {
  load = function(b, stored, now)
    local ms, parts = two_numbers(stored)
    b.now = now
    b.ahead = 0
    if ms >= now then b.ahead = math.min(MAX_PARTS, (ms - now) * b.rate + parts) end
  end,
  available = function(b) return math.floor((b.capacity * b.scale - b.ahead) / b.scale) end,
  spend = function(b, units) b.ahead = b.ahead + units * b.scale end,
  -- As the token bucket: the time since a void take may have leaked what there would not have been.
  amend = function(b, units, taken_at, is_void)
    local parts = units * b.scale
    if is_void then parts = math.max(0, parts - math.max(0, b.now - taken_at) * b.rate) end
    b.ahead = math.max(0, math.min(MAX_PARTS, b.ahead - parts))
  end,
  written = function(b)
    return string.format('%.0f:%.0f', b.now + math.floor(b.ahead / b.rate), b.ahead % b.rate)
  end,
  full_after = function(b) return math.ceil(b.ahead / b.rate) end,
  wait_for = function(b, units)
    return math.max(0, math.ceil((b.ahead + units * b.scale - b.capacity * b.scale) / b.rate))
  end,
} end
`;
