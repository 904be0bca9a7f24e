import { byMethod, PRELUDE } from './prelude.ts';

/**
 * ARGV goes on with 1 when the takes were none and nobody was let through by them, else 0; then of each settlement the
 * number of its key, units (negative: charged) and when they were taken.
 * Replies: the time; and for each settlement what remains, and milliseconds until the bucket is full.
 */
export const SETTLE = `${PRELUDE}
${byMethod('amend', ', units, taken_at, is_void', ({ amend }) => amend)}
local is_void = argv[at] == '1'
local settled = {}
for i = at + 1, #argv, 3 do
  local b = buckets[tonumber(argv[i])]
  amend(b, tonumber(argv[i + 1]), tonumber(argv[i + 2]), is_void)
  settled[#settled + 1] = b
end
for i = 1, #buckets do save_bucket(buckets[i]) end

local reply = { now }
for i = 1, #settled do
  reply[2 * i] = max(0, available(settled[i]))
  reply[2 * i + 1] = full_after(settled[i])
end
return reply
`;
