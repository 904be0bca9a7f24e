import { PRELUDE } from './prelude.ts';

/**
 * Several takes, one after the other, each of which decides as `decide.ts` does. ARGV[2] says of how many buckets each
 * is, as "3,1". Of each bucket: units, and the number of its part (0: the whole operation).
 * Replies: the time; for each take 1 when taken; and for each bucket 1 when it had enough, 1 when it was taken, what
 * remains, milliseconds until it is full, and until it has enough (-1: never).
 */
export const TAKE = `${PRELUDE}
local function is_there(bucket, units)
  return units == 0 or bucket.pending + units <= bucket.method.available(bucket)
end

local buckets, lacking, dirty = {}, {}, {}
for i = 1, #KEYS do buckets[i], lacking[i] = load_bucket(i), 0 end

local function decide_whole(from, to)
  local is_taken, parts, last_part = 1, {}, 0
  for i = from, to do
    local bucket, units, part = buckets[i], tonumber(argument(i, 1)), tonumber(argument(i, 2))
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
      local bucket, units = buckets[i], tonumber(argument(i, 1))
      local is_room = is_there(bucket, units)
      bucket.pending = bucket.pending + units
      if not is_room then
        lacking[i] = bucket.pending
        left_out[part] = true
      end
    end
    if left_out[part] then
      for _, i in ipairs(parts[part]) do
        buckets[i].pending = buckets[i].pending - tonumber(argument(i, 1))
      end
    end
  end
  return left_out
end

local reply = { now }
local function take(from, to)
  local is_taken, parts, last_part = decide_whole(from, to)
  local left_out = decide_parts(parts, last_part)
  -- Before anything is spent, as what lacks counts what others of this take want.
  local waits = {}
  for i = from, to do
    local bucket = buckets[i]
    waits[i] = 0
    if lacking[i] > bucket.capacity then
      waits[i] = -1
    elseif lacking[i] > 0 then
      waits[i] = bucket.method.wait_for(bucket, lacking[i])
    end
  end
  for i = from, to do
    local bucket = buckets[i]
    if is_taken == 1 and bucket.pending > 0 then
      bucket.method.spend(bucket, bucket.pending)
      dirty[bucket.key] = bucket
    end
    bucket.pending = 0
  end
  table.insert(reply, is_taken)
  for i = from, to do
    local bucket = buckets[i]
    table.insert(reply, lacking[i] == 0 and 1 or 0)
    table.insert(reply, (is_taken == 1 and not left_out[tonumber(argument(i, 2))]) and 1 or 0)
    table.insert(reply, math.max(0, bucket.method.available(bucket)))
    table.insert(reply, bucket.method.full_after(bucket))
    table.insert(reply, waits[i])
  end
end

local from = 1
for size in string.gmatch(ARGV[2], '%d+') do
  local to = from + tonumber(size) - 1
  take(from, to)
  from = to + 1
end
for _, bucket in pairs(dirty) do save_bucket(bucket) end
return reply
`;
