import { byMethod, PRELUDE } from './prelude.ts';

/** In the place of a wait: there was enough. */
export const ENOUGH = -2;

/** In the place of a wait: there never will be. */
export const NEVER = -1;

/**
 * Several takes, one after the other, each of which decides as `decide.ts` does. ARGV goes on with runs of them, each
 * with how many equal takes it is of, of how many buckets, and of each bucket the number of its key and units; no
 * bucket is in it twice. A run of 0 is one take for which neither holds: of each bucket it says the number of its part,
 * too (0: the whole operation).
 *
 * Replies: the time; and of each run how many were taken; of each bucket what remains when the run is over, and
 * milliseconds until it is full; and where not all were taken, of each bucket milliseconds until it has enough
 * (${ENOUGH}: it had, ${NEVER}: never). Of a run of 0, whether it was taken; the same of each bucket, always; and
 * then, of each bucket, whether that was taken from.
 */
export const TAKE = `${PRELUDE}
${byMethod('spend_units', ', units', ({ spend }) => spend)}
${byMethod('wait_for', ', units', ({ waitFor }) => waitFor)}
local reply, told = { now, nil, nil, nil, nil, nil, nil, nil }, 1
local function tell(number)
  told = told + 1
  reply[told] = number
end

-- The buckets of the run that is looked at.
local chosen, wanted, part_of = { nil, nil, nil, nil }, { nil, nil, nil, nil }, {}

local function spend(b, units)
  if units == 0 then return end
  spend_units(b, units)
  b.is_spent = true
  b.after = false
end

local function tell_states(size)
  for i = 1, size do
    local b = chosen[i]
    b.after = b.after or full_after(b)
    reply[told + 1] = max(0, available(b))
    reply[told + 2] = b.after
    told = told + 2
  end
end

local function wait_at_most(b, units)
  if units > b.capacity then return ${NEVER} end
  return wait_for(b, units)
end

-- Equal takes take equal amounts, until one of the buckets has not enough: for all that are left.
local function take_run(count, size)
  local taken = count
  for i = 1, size do
    local b, units = buckets[tonumber(argv[at])], tonumber(argv[at + 1])
    at = at + 2
    chosen[i], wanted[i] = b, units
    if units > 0 then taken = min(taken, floor(available(b) / units)) end
  end
  taken = max(0, taken)
  for i = 1, size do spend(chosen[i], wanted[i] * taken) end
  tell(taken)
  tell_states(size)
  if taken == count then return end
  for i = 1, size do
    local b, units = chosen[i], wanted[i]
    local is_there = units == 0 or units <= available(b)
    tell(is_there and ${ENOUGH} or wait_at_most(b, units))
  end
end

local function take_parts(size)
  local lacking = {}
  local function is_there(b, units)
    return units == 0 or b.pending + units <= available(b)
  end

  local function decide_whole(size)
    local is_taken, parts, last_part = 1, {}, 0
    for i = 1, size do
      local b, units, part = chosen[i], wanted[i], part_of[i]
      lacking[i] = 0
      if part > 0 then
        parts[part] = parts[part] or {}
        table.insert(parts[part], i)
        last_part = max(last_part, part)
      elseif is_there(b, units) then
        b.pending = b.pending + units
      else
        lacking[i] = b.pending + units
        is_taken = 0
      end
    end
    return is_taken, parts, last_part
  end

  local function decide_parts(parts, last_part)
    local left_out = {}
    for part = 1, last_part do
      for _, i in ipairs(parts[part] or {}) do
        local b, units = chosen[i], wanted[i]
        local is_room = is_there(b, units)
        b.pending = b.pending + units
        if not is_room then
          lacking[i] = b.pending
          left_out[part] = true
        end
      end
      if left_out[part] then
        for _, i in ipairs(parts[part]) do chosen[i].pending = chosen[i].pending - wanted[i] end
      end
    end
    return left_out
  end

  for i = 1, size do
    chosen[i], wanted[i], part_of[i] = buckets[tonumber(argv[at])], tonumber(argv[at + 1]), tonumber(argv[at + 2])
    at = at + 3
  end
  local is_taken, parts, last_part = decide_whole(size)
  local left_out = decide_parts(parts, last_part)
  -- Before anything is spent, as what lacks counts what others of this take want.
  local waits = {}
  for i = 1, size do waits[i] = lacking[i] == 0 and ${ENOUGH} or wait_at_most(chosen[i], lacking[i]) end
  for i = 1, size do
    local b = chosen[i]
    if is_taken == 1 then spend(b, b.pending) end
    b.pending = 0
  end
  tell(is_taken)
  tell_states(size)
  for i = 1, size do tell(waits[i]) end
  for i = 1, size do tell((is_taken == 1 and not left_out[part_of[i]]) and 1 or 0) end
end

while at <= #argv do
  local count, size = tonumber(argv[at]), tonumber(argv[at + 1])
  at = at + 2
  if count == 0 then take_parts(size) else take_run(count, size) end
end
for i = 1, #buckets do
  if buckets[i].is_spent then save_bucket(buckets[i]) end
end
return reply
`;
