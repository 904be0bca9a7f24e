import type { LuaMethod } from './lua-method.ts';

export const FITS_AT = `
local function fits_at(free, previous, window)
  if previous <= free then return 0 end
  return window - floor(free * window / previous)
end
`;

/** {@link SlidingCounter} in Redis: the window's number, what was used in it and in the one before. */
export const SLIDING_COUNTER: LuaMethod = {
  name: 'sliding-counter',
  load: `
    if stored then b.number, b.current, b.previous = three_numbers(stored)
    else b.number, b.current, b.previous = 0, 0, 0 end
    local number = floor(now / b.window)
    if number > b.number then
      b.previous = number == b.number + 1 and b.current or 0
      b.current = 0
      b.number = number
    end`,
  available: `
    local rest = b.window - max(0, now - b.number * b.window)
    return floor(((b.capacity - b.current) * b.window - b.previous * rest) / b.window)`,
  spend: 'b.current = b.current + units',
  amend: `
    local most = floor(MAX_PARTS / b.window / 2)
    local age = b.number - floor(taken_at / b.window)
    if age == 0 then b.current = max(0, min(most, b.current - units)) end
    if age == 1 then b.previous = max(0, min(most, b.previous - units)) end`,
  written: "return format('%.0f:%.0f:%.0f', b.number, b.current, b.previous)",
  fullAfter: `
    if b.current > 0 then return (b.number + 2) * b.window - now end
    if b.previous > 0 then return (b.number + 1) * b.window - now end
    return 0`,
  waitFor: `
    local start = b.number * b.window
    local free = b.capacity - units - b.current
    if free >= 0 then return max(0, start + fits_at(free, b.previous, b.window) - now) end
    return start + b.window + fits_at(b.capacity - units, b.current, b.window) - now`,
};
