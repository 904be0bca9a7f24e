/** {@link FixedWindow} in Redis: the window's number and what was used in it. */
export const FIXED_WINDOW = `
makers['fixed-window'] = function() return {
  load = function(b, stored, now)
    b.now = now
    b.number, b.used = two_numbers(stored)
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
  written = function(b) return string.format('%.0f:%.0f', b.number, b.used) end,
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
