import type { LuaMethod } from './lua-method.ts';

/** {@link FixedWindow} in Redis: the window's number and what was used in it. */
export const FIXED_WINDOW: LuaMethod = {
  name: 'fixed-window',
  load: `
    if stored then b.number, b.used = two_numbers(stored) else b.number, b.used = 0, 0 end
    local number = floor(now / b.window)
    if number > b.number then
      b.number = number
      b.used = 0
    end`,
  available: 'return b.capacity - b.used',
  spend: 'b.used = b.used + units',
  amend: `
    if floor(taken_at / b.window) ~= b.number then return end
    b.used = max(0, min(MAX_PARTS, b.used - units))`,
  written: "return format('%.0f:%.0f', b.number, b.used)",
  fullAfter: `
    if b.used == 0 then return 0 end
    return (b.number + 1) * b.window - now`,
  waitFor: `
    if b.used + units <= b.capacity then return 0 end
    return (b.number + 1) * b.window - now`,
};
