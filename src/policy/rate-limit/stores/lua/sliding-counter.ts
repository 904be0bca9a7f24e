/** {@link SlidingCounter} in Redis: the window's number, what was used in it and in the one before. */
export const SLIDING_COUNTER = `
local function fits_at(free, previous, window)
  if previous <= free then return 0 end
  return window - math.floor(free * window / previous)
end

makers['sliding-counter'] = function() return {
  load = function(b, stored, now)
    b.now = now
    b.number, b.current, b.previous = numbers_in(stored, '^(%d+):(%d+):(%d+)$')
    local number = math.floor(now / b.window)
    if number > b.number then
      b.previous = number == b.number + 1 and b.current or 0
      b.current = 0
      b.number = number
    end
  end,
  available = function(b)
    local rest = b.window - math.max(0, b.now - b.number * b.window)
    return math.floor(((b.capacity - b.current) * b.window - b.previous * rest) / b.window)
  end,
  spend = function(b, units) b.current = b.current + units end,
  amend = function(b, units, taken_at)
    local most = math.floor(MAX_PARTS / b.window / 2)
    local age = b.number - math.floor(taken_at / b.window)
    if age == 0 then b.current = math.max(0, math.min(most, b.current - units)) end
    if age == 1 then b.previous = math.max(0, math.min(most, b.previous - units)) end
  end,
  written = function(b) return string.format('%.0f:%.0f:%.0f', b.number, b.current, b.previous) end,
  full_after = function(b)
    if b.current > 0 then return (b.number + 2) * b.window - b.now end
    if b.previous > 0 then return (b.number + 1) * b.window - b.now end
    return 0
  end,
  wait_for = function(b, units)
    local start = b.number * b.window
    local free = b.capacity - units - b.current
    if free >= 0 then return math.max(0, start + fits_at(free, b.previous, b.window) - b.now) end
    return start + b.window + fits_at(b.capacity - units, b.current, b.window) - b.now
  end,
} end
`;
