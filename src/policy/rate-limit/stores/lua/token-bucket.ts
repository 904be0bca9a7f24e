import type { LuaMethod } from './lua-method.ts';

/** From the latest time seen on, which a clock that stepped back has to come to first. */
export const UNTIL_LEVEL = `
local function until_level(b, parts)
  local missing = parts - b.level
  if missing <= 0 then return 0 end
  return ceil(missing / b.rate) + b.at - now
end
`;

/** {@link TokenBucket} in Redis: when it was last looked at, and the level that it had, in parts. */
export const TOKEN_BUCKET: LuaMethod = {
  name: 'token-bucket',
  load: `
    local full = b.capacity * b.scale
    if stored then b.at, b.level = two_numbers(stored) else b.at, b.level = 0, full end
    if now > b.at then
      b.level = min(full, b.level + (now - b.at) * b.rate)
      b.at = now
    end`,
  available: 'return floor(b.level / b.scale)',
  spend: 'b.level = b.level - units * b.scale',
  // What was void may have kept the bucket from being full, and the refill since from being lost: that is not given.
  amend: `
    local parts = units * b.scale
    if is_void then parts = max(0, parts - (b.at - taken_at) * b.rate) end
    b.level = max(-MAX_PARTS, min(b.capacity * b.scale, b.level + parts))`,
  written: "return format('%.0f:%.0f', b.at, b.level)",
  fullAfter: 'return until_level(b, b.capacity * b.scale)',
  waitFor: 'return until_level(b, units * b.scale)',
};
