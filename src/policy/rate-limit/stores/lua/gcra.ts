import type { LuaMethod } from './lua-method.ts';

/** {@link Gcra} in Redis: the theoretical arrival time, ms and the parts of the next. */
export const GCRA: LuaMethod = {
  name: 'gcra',
  load: `
    b.ahead = 0
    if stored then
      local ms, parts = two_numbers(stored)
      if ms >= now then b.ahead = min(MAX_PARTS, (ms - now) * b.rate + parts) end
    end`,
  available: 'return floor((b.capacity * b.scale - b.ahead) / b.scale)',
  spend: 'b.ahead = b.ahead + units * b.scale',
  // As the token bucket: the time since a void take may have leaked what there would not have been.
  amend: `
    local parts = units * b.scale
    if is_void then parts = max(0, parts - max(0, now - taken_at) * b.rate) end
    b.ahead = max(0, min(MAX_PARTS, b.ahead - parts))`,
  written: "return format('%.0f:%.0f', now + floor(b.ahead / b.rate), b.ahead % b.rate)",
  fullAfter: 'return ceil(b.ahead / b.rate)',
  waitFor: 'return max(0, ceil((b.ahead + units * b.scale - b.capacity * b.scale) / b.rate))',
};
