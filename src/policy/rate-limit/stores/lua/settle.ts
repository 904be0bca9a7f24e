import { PRELUDE } from './prelude.ts';

/**
 * ARGV goes on with 1 when the takes were none and nobody was let through by them, else 0; then of each settlement the
 * number of its key, units (negative: charged) and when they were taken.
 * Replies: the time; and for each settlement what remains, and milliseconds until the bucket is full.
 */
export const SETTLE = `${PRELUDE}
local is_void = argument() == 1
local settled = {}
while at <= #ARGV do
  local bucket, units, taken_at = buckets[argument()], argument(), argument()
  bucket.method.amend(bucket, units, taken_at, is_void)
  table.insert(settled, bucket)
end
for _, bucket in ipairs(buckets) do save_bucket(bucket) end

local reply = { now }
for _, bucket in ipairs(settled) do
  table.insert(reply, math.max(0, bucket.method.available(bucket)))
  table.insert(reply, bucket.method.full_after(bucket))
end
return reply
`;
