import { PRELUDE } from './prelude.ts';

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
local reply, dirty = { now }, {}
local function tell(number) reply[#reply + 1] = number end

-- The buckets of the run that is looked at.
local chosen, wanted, part_of = {}, {}, {}
local function choose(size, has_parts)
  for i = 1, size do
    chosen[i], wanted[i] = buckets[argument()], argument()
    part_of[i] = has_parts and argument() or 0
  end
end

local function spend(bucket, units)
  if units == 0 then return end
  bucket.method.spend(bucket, units)
  dirty[bucket.key] = bucket
end

local function tell_states(size)
  for i = 1, size do
    local bucket = chosen[i]
    tell(math.max(0, bucket.method.available(bucket)))
    tell(bucket.method.full_after(bucket))
  end
end

local function wait_for(bucket, units)
  if units > bucket.capacity then return ${NEVER} end
  return bucket.method.wait_for(bucket, units)
end

-- Equal takes take equal amounts, until one of the buckets has not enough: for all that are left.
local function take_run(count, size)
  choose(size, false)
  local taken = count
  for i = 1, size do
    local bucket = chosen[i]
    if wanted[i] > 0 then taken = math.min(taken, math.floor(bucket.method.available(bucket) / wanted[i])) end
  end
  taken = math.max(0, taken)
  for i = 1, size do spend(chosen[i], wanted[i] * taken) end
  tell(taken)
  tell_states(size)
  if taken == count then return end
  for i = 1, size do
    local bucket = chosen[i]
    local is_there = wanted[i] == 0 or wanted[i] <= bucket.method.available(bucket)
    tell(is_there and ${ENOUGH} or wait_for(bucket, wanted[i]))
  end
end

local lacking = {}
local function is_there(bucket, units)
  return units == 0 or bucket.pending + units <= bucket.method.available(bucket)
end

local function decide_whole(size)
  local is_taken, parts, last_part = 1, {}, 0
  for i = 1, size do
    local bucket, units, part = chosen[i], wanted[i], part_of[i]
    lacking[i] = 0
    if part > 0 then
      parts[part] = parts[part] or {}
      table.insert(parts[part], i)
      last_part = math.max(last_part, part)
    elseif is_there(bucket, units) then
      bucket.pending = bucket.pending + units
    else
      lacking[i] = bucket.pending + units
      is_taken = 0
    end
  end
  return is_taken, parts, last_part
end

local function decide_parts(parts, last_part)
  local left_out = {}
  for part = 1, last_part do
    for _, i in ipairs(parts[part] or {}) do
      local bucket, units = chosen[i], wanted[i]
      local is_room = is_there(bucket, units)
      bucket.pending = bucket.pending + units
      if not is_room then
        lacking[i] = bucket.pending
        left_out[part] = true
      end
    end
    if left_out[part] then
      for _, i in ipairs(parts[part]) do chosen[i].pending = chosen[i].pending - wanted[i] end
    end
  end
  return left_out
end

local function take_parts(size)
  choose(size, true)
  local is_taken, parts, last_part = decide_whole(size)
  local left_out = decide_parts(parts, last_part)
  -- Before anything is spent, as what lacks counts what others of this take want.
  local waits = {}
  for i = 1, size do waits[i] = lacking[i] == 0 and ${ENOUGH} or wait_for(chosen[i], lacking[i]) end
  for i = 1, size do
    local bucket = chosen[i]
    if is_taken == 1 then spend(bucket, bucket.pending) end
    bucket.pending = 0
  end
  tell(is_taken)
  tell_states(size)
  for i = 1, size do tell(waits[i]) end
  for i = 1, size do tell((is_taken == 1 and not left_out[part_of[i]]) and 1 or 0) end
end

while at <= #ARGV do
  local count, size = argument(), argument()
  if count == 0 then take_parts(size) else take_run(count, size) end
end
for _, bucket in pairs(dirty) do save_bucket(bucket) end
return reply
`;
