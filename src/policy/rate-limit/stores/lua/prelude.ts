import { MAX_PARTS } from '../../bucket.ts';
import { FOREIGN } from '../../foreign-bucket-error.ts';
import { FIXED_WINDOW } from './fixed-window.ts';
import { GCRA } from './gcra.ts';
import type { LuaMethod } from './lua-method.ts';
import { FITS_AT, SLIDING_COUNTER } from './sliding-counter.ts';
import { ADD_TO_LOG, SLIDING_LOG } from './sliding-log.ts';
import { TOKEN_BUCKET, UNTIL_LEVEL } from './token-bucket.ts';

/** How long a key outlives the time at which its bucket is full, for a server that takes over with a slower clock. */
const OUTLIVES_MS = 60_000;

const METHODS = [SLIDING_COUNTER, TOKEN_BUCKET, GCRA, FIXED_WINDOW, SLIDING_LOG];

/** A function that does what the method of a bucket does. */
export function byMethod(
  name: string,
  parameters: string,
  bodyOf: (method: LuaMethod) => string | null,
): string {
  const branches = METHODS.flatMap(method => {
    const body = bodyOf(method);
    return body === null ? [] : [`if method == '${method.name}' then\n    ${body.trim()}\n  else`];
  });
  return `local function ${name}(b${parameters})
  local method = b.method
  ${branches.join('')} error('no such method') end
end
`;
}

/**
 * The same algorithms as in memory, number for number: times are whole milliseconds and everything else is whole, so
 * that Lua's doubles are exact. Text is made with %.0f, as tostring() rounds to 14 digits. All is read before anything
 * is written: a key that holds something foreign ends the script with nothing done.
 *
 * ARGV begins with the time, or an empty text for the server's; then says how many limits there are, and of each its
 * method, capacity, scale, rate and window; then of each key the number of its limit. What follows is the script's own,
 * from `at` on. No key is named twice.
 *
 * A script runs for every take, on a server that is also somebody else's: what is looked up is looked up once, functions
 * are few, and tables are made as large as they will be.
 */
export const PRELUDE = `
local call, argv, keys = redis.call, ARGV, KEYS
local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
local format, match = string.format, string.match
local MAX_PARTS = ${MAX_PARTS}
local now = tonumber(argv[1])
if not now then
  local time = call('TIME')
  now = time[1] * 1000 + floor(time[2] / 1000)
end

local function text(number) return format('%.0f', number) end
local function two_numbers(stored)
  local a, b = match(stored, '^(%d+):(-?%d+)$')
  if not a then error('${FOREIGN}') end
  return tonumber(a), tonumber(b)
end
local function three_numbers(stored)
  local a, b, c = match(stored, '^(%d+):(%d+):(%d+)$')
  if not a then error('${FOREIGN}') end
  return tonumber(a), tonumber(b), tonumber(c)
end
${UNTIL_LEVEL}${FITS_AT}${ADD_TO_LOG}
${byMethod('load', ', stored', ({ load }) => load)}
${byMethod('available', '', ({ available }) => available)}
${byMethod('written', '', ({ written }) => written)}
${byMethod('full_after', '', ({ fullAfter }) => fullAfter)}
-- Where in ARGV each limit is, and what comes after all of them.
local limits, at = { nil, nil, nil, nil }, 3
for i = 1, tonumber(argv[2]) do
  limits[i] = at
  at = at + 5
end

local MOST_GOT = 1000
local buckets = { nil, nil, nil, nil }
-- Most methods keep a text. All of them are got at once, but for what a call of Lua can take.
for from = 1, #keys, MOST_GOT do
  local to = min(#keys, from + MOST_GOT - 1)
  local stored = call('MGET', unpack(keys, from, to))
  for i = from, to do
    local limit = limits[tonumber(argv[at])]
    at = at + 1
    local b = {
      key = keys[i],
      method = argv[limit],
      capacity = tonumber(argv[limit + 1]),
      scale = tonumber(argv[limit + 2]),
      rate = tonumber(argv[limit + 3]),
      window = tonumber(argv[limit + 4]),
      pending = 0,
      is_spent = false,
      -- Until it is full, where that is known. There are as many fields as make room for those of the method.
      after = false,
    }
    buckets[i] = b
    load(b, stored[i - from + 1])
  end
end

-- A full bucket is the same as none.
local function save_bucket(b)
  local after = b.after or full_after(b)
  if after == 0 then
    call('DEL', b.key)
    return
  end
  local outlives = text(after + min(b.window, ${OUTLIVES_MS}))
  if b.method == '${SLIDING_LOG.name}' then
    ${SLIDING_LOG.save}
  else
    call('SET', b.key, written(b), 'PX', outlives)
  end
end
`;
