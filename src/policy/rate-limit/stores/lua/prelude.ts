import { MAX_PARTS } from '../../bucket.ts';
import { FIXED_WINDOW } from './fixed-window.ts';
import { GCRA } from './gcra.ts';
import { SLIDING_COUNTER } from './sliding-counter.ts';
import { SLIDING_LOG } from './sliding-log.ts';
import { TOKEN_BUCKET } from './token-bucket.ts';

/** How long a key outlives the time at which its bucket is full, for a server that takes over with a slower clock. */
const OUTLIVES_MS = 60_000;

/** What says a limit to a script: method, capacity, scale, rate and window. */
export const ARGUMENTS_PER_PLAN = 5;

/** What says one bucket: which of the limits it is of, and two numbers of the script's own. */
export const ARGUMENTS_PER_BUCKET = 3;

/**
 * The same algorithms as in memory, number for number: times are whole milliseconds and everything else is whole, so
 * that Lua's doubles are exact. Text is made with %.0f, as tostring() rounds to 14 digits. All is read before anything
 * is written: a key of another type ends the script with nothing done. ARGV[1] is the time, or empty for the server's;
 * ARGV[2] is the script's own; ARGV[3] says how many limits there are. Then come these, and then the buckets.
 */
export const PRELUDE = `
local MAX_PARTS = ${MAX_PARTS}
local methods = {}
local function text(number) return string.format('%.0f', number) end
${TOKEN_BUCKET}${GCRA}${FIXED_WINDOW}${SLIDING_COUNTER}${SLIDING_LOG}
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- One table for one key, however often it is named.
local by_key = {}
local first = 4 + tonumber(ARGV[3]) * ${ARGUMENTS_PER_PLAN}
local function load_bucket(i)
  local key = KEYS[i]
  if by_key[key] then return by_key[key] end
  local at = 4 + tonumber(ARGV[first + (i - 1) * ${ARGUMENTS_PER_BUCKET}]) * ${ARGUMENTS_PER_PLAN}
  local bucket = {
    key = key,
    method = methods[ARGV[at]],
    capacity = tonumber(ARGV[at + 1]),
    scale = tonumber(ARGV[at + 2]),
    rate = tonumber(ARGV[at + 3]),
    window = tonumber(ARGV[at + 4]),
    pending = 0,
  }
  bucket.method.load(bucket, now)
  by_key[key] = bucket
  return bucket
end

local function argument(i, n) return ARGV[first + (i - 1) * ${ARGUMENTS_PER_BUCKET} + n] end

-- A full bucket is the same as none.
local function save_bucket(bucket)
  bucket.method.save(bucket)
  local full_after = bucket.method.full_after(bucket)
  if full_after == 0 then
    redis.call('DEL', bucket.key)
  else
    redis.call('PEXPIRE', bucket.key, text(full_after + math.min(bucket.window, ${OUTLIVES_MS})))
  end
end
`;
