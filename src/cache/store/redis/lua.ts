import { HEADER_BYTES, SINCE_AT, STORED_AT, TAG_COUNT_AT } from '../entry-codec.ts';
import { MAX_LIFETIME_MS } from '../store-options.ts';

/** What the fleet remembers one by one; of older invalidations only the floor. */
const MAX_TAGS = 100_000;

/** Longer than an entry may live after it was computed, however long that took. */
const REMEMBERED_US = (MAX_LIFETIME_MS + 3_600_000) * 1_000;

/** Verdicts on an entry that is not given. */
export const MISSING = 0;
export const INVALIDATED = 1;
export const UNREADABLE = 2;

/**
 * All numbers are in one sorted set: by tag, and under names that no tag has, the newest number (`seq`), the one that all
 * entries must be from after (`floor`), and what is known of takeovers. So they are kept or lost together: a server that
 * throws keys away when memory is short cannot forget that something was invalidated and still have what was. Without
 * `seq` nothing is valid. Numbers are of the server's clock in microseconds, so they go on upwards after everything was lost.
 */
const PRELUDE = `
local numbers = KEYS[1]
local function text_of(number) return string.format('%.0f', number) end
local function number_of(member) return tonumber(redis.call('ZSCORE', numbers, member) or '0') end
local function member_of(tag)
  if #tag > 48 then return '#' .. redis.sha1hex(tag) end
  return ':' .. tag
end
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
`;

/** `read(key)` gives the bytes of a valid entry, or why there are none. ARGV: first how entries begin. */
const READING = `${PRELUDE}
local newest, floor = number_of('seq'), number_of('floor')
local known = {}
local function is_later(tag, since)
  if known[tag] == nil then known[tag] = number_of(member_of(tag)) end
  return known[tag] > since
end
local function judge(entry)
  if #entry < ${HEADER_BYTES} or string.sub(entry, 1, #ARGV[1]) ~= ARGV[1] then return ${UNREADABLE} end
  local since = struct.unpack('<d', entry, ${SINCE_AT + 1})
  if newest == 0 or not (since >= floor and since <= newest) then return ${INVALIDATED} end
  if since == newest then return entry end
  local count, at = struct.unpack('<H', entry, ${TAG_COUNT_AT + 1}), ${HEADER_BYTES + 1}
  for _ = 1, count do
    local tag
    tag, at = struct.unpack('<Hc0', entry, at)
    if is_later(tag, since) then return ${INVALIDATED} end
  end
  return entry
end
local function read(key)
  local entry = redis.pcall('GET', key)
  if entry == false then return ${MISSING} end
  local is_read, verdict = pcall(judge, entry)
  return is_read and verdict or ${UNREADABLE}
end
`;

/**
 * KEYS: the numbers, then entries. ARGV: how entries begin.
 * Replies: the newest number, and for each entry its bytes or a verdict.
 */
export const READ = `${READING}
local reply = { text_of(newest) }
for i = 2, #KEYS do reply[i] = read(KEYS[i]) end
return reply
`;

/** What became of a lease. */
const NOT_WANTED = 0;
export const GRANTED = 1;
export const HELD = 2;

/**
 * KEYS: the numbers, then entries, then as many leases. ARGV: how entries begin, the token of the leases, their ms, where
 * the time in an entry is that has to be after the next, and for each entry what it is to be stored after, or once for all.
 * Replies: the newest number, why leases could not be taken or an empty text, for each entry its bytes or a verdict, and
 * for each what became of its lease. A server that takes no writes is read from all the same.
 */
export const CLAIM = `${READING}
local token, ms, time_at, after = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local count = (#KEYS - 1) / 2
local function is_enough(entry, stored_after)
  return struct.unpack('<d', entry, time_at + 1) > after and struct.unpack('<d', entry, ${STORED_AT + 1}) > stored_after
end
local reply = { text_of(newest), '' }
for i = 1, count do
  local found = read(KEYS[1 + i])
  local lease = ${NOT_WANTED}
  if type(found) ~= 'string' or not is_enough(found, tonumber(ARGV[5 + i] or ARGV[6])) then
    local taken = redis.pcall('SET', KEYS[1 + count + i], token, 'PX', ms, 'NX')
    if type(taken) == 'table' and taken.err then reply[2] = taken.err end
    lease = taken == false and ${HELD} or ${GRANTED}
  end
  reply[2 + i], reply[2 + count + i] = found, lease
end
return reply
`;

/** ARGV: tags. Replies: the newest number, the floor, and the number of each tag, as texts. */
export const NUMBERS = `${PRELUDE}
local reply = { text_of(number_of('seq')), text_of(number_of('floor')) }
for i = 1, #ARGV do reply[i + 2] = text_of(number_of(member_of(ARGV[i]))) end
return reply
`;

/**
 * ARGV: a number, and how many to tell of at most. Replies: the newest number, the floor, whether there are more, and what
 * was invalidated after that number, the newest first, each with its own, as texts.
 */
export const NEWER = `${PRELUDE}
local after, most = ARGV[1], tonumber(ARGV[2])
local newer = redis.call('ZREVRANGEBYSCORE', numbers, '+inf', '(' .. after, 'WITHSCORES', 'LIMIT', 0, most)
local reply = { text_of(number_of('seq')), text_of(number_of('floor')), #newer == 2 * most and '1' or '0' }
for i = 1, #newer, 2 do
  if string.find(newer[i], '^[:#]') then
    reply[#reply + 1] = newer[i]
    reply[#reply + 1] = text_of(tonumber(newer[i + 1]))
  end
end
return reply
`;

/** Of what one server gave last and the next gives first. Those whose clocks differ by less give no number twice. */
export const APART_US = 60_000_000;

/**
 * For those who give numbers. A server that has taken over may lack the last that the one before it gave, and would go on
 * beyond them as if they had never been. So the numbers have whose they are (`server`), which is another after each
 * takeover, the newest that it knew of then (`before`), and the first that it gives (`first`), which is beyond all of the
 * other's: who has seen one between these two has seen what was lost. Where INFO is not allowed, nothing of it is known.
 */
const GIVING = `${PRELUDE}
local newest, floor, before, first = number_of('seq'), number_of('floor'), number_of('before'), number_of('first')
local info = redis.pcall('INFO', 'replication')
local id = type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or '0'
local server = tonumber(string.sub(id, 1, 12), 16)
local is_new = server ~= 0 and server ~= number_of('server')
if is_new then before, first = newest, math.max(now(), newest) + ${APART_US} end
local function save()
  redis.call('ZADD', numbers, text_of(newest), 'seq', text_of(floor), 'floor')
  redis.call('ZADD', numbers, text_of(before), 'before', text_of(first), 'first', text_of(server), 'server')
end
`;

/**
 * ARGV: the channel, who it is, the tags as JSON for those who listen, then the tags.
 * Replies: the number. A message is \`number previous who tags\`.
 */
export const INVALIDATE = `${GIVING}
local previous, at = newest, now()
-- First a write that frees: after it a server that is out of memory takes the others of the script too.
redis.call('ZREMRANGEBYSCORE', numbers, '-inf', '(' .. text_of(at - ${REMEMBERED_US}))
newest = math.max(at, previous + 1, first)
if previous == 0 then floor = newest end
for i = 4, #ARGV do redis.call('ZADD', numbers, text_of(newest), member_of(ARGV[i])) end
local excess = redis.call('ZCARD', numbers) - ${MAX_TAGS}
if excess > 0 then
  local last = redis.call('ZRANGE', numbers, excess - 1, excess - 1, 'WITHSCORES')
  redis.call('ZREMRANGEBYRANK', numbers, 0, excess - 1)
  floor = math.max(floor, tonumber(last[2]))
end
save()
redis.call('PUBLISH', ARGV[1], text_of(newest) .. ' ' .. text_of(previous) .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
return text_of(newest)
`;

/**
 * ARGV: the channel, who asks, whether everything is to be invalidated, and numbers that it has seen, the newest first.
 * Replies: the newest number. A server that does not know what was seen has lost invalidations (a replica that took over,
 * an old snapshot): all that it holds from before is given up, once for all who have seen the same.
 */
export const POLL = `${GIVING}
local seen = tonumber(ARGV[4])
local is_lost = newest < seen
for i = 4, #ARGV do
  local number = tonumber(ARGV[i])
  -- From then on for those that the other gave later only: it may not have known yet that it was replaced.
  if before < number and number < first then is_lost, before = true, number end
end
if newest == 0 or is_lost or ARGV[3] == '1' then
  newest = math.max(now(), newest + 1, seen + 1, first)
  floor = newest
  redis.call('ZREMRANGEBYSCORE', numbers, '-inf', '(' .. text_of(newest))
  save()
  -- It follows nothing that anybody has heard.
  redis.call('PUBLISH', ARGV[1], text_of(newest) .. ' -1 ' .. ARGV[2] .. ' []')
elseif is_new then
  -- A server that takes no writes gives no numbers either.
  pcall(function()
    redis.call('ZREM', numbers, 'server')
    save()
  end)
end
return text_of(newest)
`;

/** KEYS: leases. ARGV: the token that they were taken with. */
export const RELEASE = `
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
end
return #KEYS
`;
