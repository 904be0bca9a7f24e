import { PRELUDE } from './prelude.ts';

/** For ARGV[2]: the takes were none, and nobody was let through by them. */
export const VOID = 'void';

/**
 * Of each bucket: units (negative: charged) and when they were taken.
 * Replies: the time; and for each bucket what remains, and milliseconds until it is full.
 */
export const SETTLE = `${PRELUDE}
for i = 1, #KEYS do load_bucket(i) end
for i = 1, #KEYS do
  local bucket = load_bucket(i)
  bucket.method.amend(bucket, tonumber(argument(i, 1)), tonumber(argument(i, 2)), ARGV[2] == '${VOID}')
end
for _, bucket in pairs(by_key) do save_bucket(bucket) end

local reply = { now }
for i = 1, #KEYS do
  local bucket = load_bucket(i)
  table.insert(reply, math.max(0, bucket.method.available(bucket)))
  table.insert(reply, bucket.method.full_after(bucket))
end
return reply
`;
