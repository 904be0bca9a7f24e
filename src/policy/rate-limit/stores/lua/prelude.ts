import { MAX_PARTS } from '../../bucket.ts';
import { FOREIGN } from '../../foreign-bucket-error.ts';
import { FIXED_WINDOW } from './fixed-window.ts';
import { GCRA } from './gcra.ts';
import { SLIDING_COUNTER } from './sliding-counter.ts';
import { SLIDING_LOG } from './sliding-log.ts';
import { TOKEN_BUCKET } from './token-bucket.ts';

/** How long a key outlives the time at which its bucket is full, for a server that takes over with a slower clock. */
const OUTLIVES_MS = 60_000;

/**
 * The same algorithms as in memory, number for number: times are whole milliseconds and everything else is whole, so
 * that Lua's doubles are exact. Text is made with %.0f, as tostring() rounds to 14 digits. All is read before anything
 * is written: a key that holds something foreign ends the script with nothing done.
 *
 * ARGV begins with the time, or an empty text for the server's; then says how many limits there are, and of each its
 * method, capacity, scale, rate and window; then of each key the number of its limit. What follows is the script's own,
 * and read by `argument`. No key is named twice.
 */
export const PRELUDE = `
local MAX_PARTS = ${MAX_PARTS}
local makers, methods = {}, {}
local function text(number) return string.format('%.0f', number) end
local function numbers_in(stored, pattern)
  if not stored then return 0, 0, 0 end
  local a, b, c = string.match(stored, pattern)
  if not a then error('${FOREIGN}') end
  return tonumber(a), tonumber(b), tonumber(c or 0)
end
local function two_numbers(stored) return numbers_in(stored, '^(%d+):(-?%d+)$') end
${TOKEN_BUCKET}${GCRA}${FIXED_WINDOW}${SLIDING_COUNTER}${SLIDING_LOG}
-- Few of the algorithms are in one call.
local function method_of(name)
  local method = methods[name]
  if not method then
    method = makers[name]()
    methods[name] = method
  end
  return method
end

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local at = 2
local function argument()
  local value = tonumber(ARGV[at])
  at = at + 1
  return value
end

local limits = {}
for i = 1, argument() do
  local method = method_of(ARGV[at])
  at = at + 1
  limits[i] = { method = method, capacity = argument(), scale = argument(), rate = argument(), window = argument() }
end

local buckets = {}
for i = 1, #KEYS do
  local limit = limits[argument()]
  local bucket = {
    key = KEYS[i],
    method = limit.method,
    capacity = limit.capacity,
    scale = limit.scale,
    rate = limit.rate,
    window = limit.window,
    pending = 0,
  }
  buckets[i] = bucket
end

-- Most methods keep a text. All of them are got at once, but for what a call of Lua can take.
local MOST_GOT = 1000
for from = 1, #buckets, MOST_GOT do
  local to = math.min(#buckets, from + MOST_GOT - 1)
  local stored = redis.call('MGET', unpack(KEYS, from, to))
  for i = from, to do buckets[i].method.load(buckets[i], stored[i - from + 1], now) end
end

-- A full bucket is the same as none.
local function save_bucket(bucket)
  local method = bucket.method
  local full_after = method.full_after(bucket)
  local outlives = text(full_after + math.min(bucket.window, ${OUTLIVES_MS}))
  if full_after == 0 then
    redis.call('DEL', bucket.key)
  elseif method.written then
    redis.call('SET', bucket.key, method.written(bucket), 'PX', outlives)
  else
    method.save(bucket)
    redis.call('PEXPIRE', bucket.key, outlives)
  end
end
`;
