/**
 * What must happen at once in Redis: to look whether messages are still ours, and to do something with those that are.
 *
 * Every script takes the stream as its first key, and as arguments: the group, the consumer, the oldest and the newest of
 * the ids, how finished entries are treated (`""` keeps them, `"del"` deletes them where the stream has one group,
 * `"xackdel"` deletes them once every group has them), one argument of its own, how many ids there are, and the ids
 * in one text, which the client and Redis take apart sooner than as many arguments. It answers which of the ids were not ours, by
 * their numbers from 1 on: mostly none. One `XPENDING` tells for the whole batch, as long as the consumer does not hold many more messages between its ends.
 * @module
 */
import { createHash } from "node:crypto";

/** A script, and the name that Redis knows it by once it has run. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** So many are deleted one by one sooner than it is found out whether that is necessary. */
const FEW = 4;

const OWNED = `
local stream, group, consumer, finishing, own = KEYS[1], ARGV[1], ARGV[2], ARGV[5], ARGV[6]
-- How often each of the consumer's was delivered, and of those that are settled where the script minds.
local mine, ids, lost, times = {}, {}, {}, {}
-- Others of the consumer's messages may lie between. Where they are many, those that were not seen are looked up singly.
local most = 2 * tonumber(ARGV[7]) + 16
local rows = redis.call('XPENDING', stream, group, ARGV[3], ARGV[4], most, consumer)
local all = {}
for i = 1, #rows do all[i] = rows[i][1] end
if table.concat(all, ' ') == ARGV[8] then
  -- Mostly there are no others between, and they come in their order: a fifth of what acknowledging costs Redis.
  ids = all
  if own ~= '' then
    for i = 1, #rows do times[all[i]] = rows[i][4] end
  end
else
  for i = 1, #rows do mine[all[i]] = rows[i][4] end
  local number = 0
  for id in string.gmatch(ARGV[8], '%S+') do
    number = number + 1
    if mine[id] == nil and #rows == most then
      local row = redis.call('XPENDING', stream, group, id, id, 1, consumer)[1]
      mine[id] = row and row[4]
    end
    if mine[id] then
      ids[#ids + 1] = id
      if own ~= '' then times[id] = mine[id] end
    else
      lost[#lost + 1] = number
    end
    mine[id] = false
  end
end
if #ids == 0 then return lost end
`;

/**
 * Acknowledges, and deletes. To delete an entry, Redis looks through those that are stored with it, up to a hundred: half of
 * what a message costs it. So where the stream begins with what is finished, and has nothing but what its only group has
 * pending or has not had, that is cut off at once, as far as nothing is pending before it.
 */
const FINISH = `
local mayBeBare = finishing ~= '' and #ids > ${FEW}
local groups = (mayBeBare or finishing == 'del') and redis.call('XINFO', 'GROUPS', stream) or {}
-- Looked up in the same step: a group may come any time, and needs what it has not had.
local isOnly = #groups == 1
local isBare = false
if isOnly and mayBeBare then
  local info = {}
  for i = 1, #groups[1], 2 do info[groups[1][i]] = groups[1][i + 1] end
  -- What was claimed by force, or before the group was set back, is pending and not delivered.
  local beyond = redis.call('XPENDING', stream, group, '(' .. info['last-delivered-id'], '+', 1)
  -- Without permission the answer is an error: then this is treated as unknown.
  local head = redis.pcall('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  isBare = info.lag and info.lag + info.pending == redis.pcall('XLEN', stream) and head and head[1] == ARGV[3]
    and #beyond == 0
end
if finishing == 'xackdel' and not isBare then
  redis.call('XACKDEL', stream, group, 'ACKED', 'IDS', #ids, unpack(ids))
  return lost
end
redis.call('XACK', stream, group, unpack(ids))
if isBare then
  local first = redis.call('XPENDING', stream, group, '-', '+', 1)[1]
  if redis.pcall('XTRIM', stream, 'MINID', first and first[1] or ids[#ids]) == #ids then return lost end
end
if isOnly then redis.call('XDEL', stream, unpack(ids)) end
return lost
`;

/** Copies each entry that is still there: `change` works on its fields, `add` adds them somewhere. */
function copyEach(change: string, add: string): string {
  return `
for _, id in ipairs(ids) do
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if entry then
    local fields, count = {}, 0
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 'delivery_count' then
        count = tonumber(entry[2][i + 1]) or 0
      else
        fields[#fields + 1] = entry[2][i]
        fields[#fields + 1] = entry[2][i + 1]
      end
    end
    ${change}
    ${add}
  end
end
`;
}

/** Acknowledges. */
export const ACK: Script = script(OWNED + FINISH);

/** Moves to the dead letters, the second key; the argument is about how many are kept, or empty. */
export const NACK: Script = script(
  OWNED + copyEach(
    `fields[#fields + 1] = 'original_stream'
    fields[#fields + 1] = stream
    fields[#fields + 1] = 'original_id'
    fields[#fields + 1] = id`,
    `if own == '' then
      redis.call('XADD', KEYS[2], '*', unpack(fields))
    else
      redis.call('XADD', KEYS[2], 'MAXLEN', '~', own, '*', unpack(fields))
    end`,
  ) + FINISH,
);

/** The consumer that holds messages rejected in place. It never reads and is never removed. */
export const RETURNED = "repid:returned";

/** The idle time of messages rejected in place, in milliseconds: longer than any lease, and less than Redis' clock. */
const LONG_SILENT = 1_000_000_000_000;

/**
 * Puts back at the end of the stream, as Python's Repid does; its argument is 1 where the delivery counts, else 0. Where the
 * stream has other groups, the entry stays where it is, handed to {@linkcode RETURNED}: they would see a copy as news.
 */
export const REJECT: Script = script(
  OWNED + `
if #redis.call('XINFO', 'GROUPS', stream) > 1 then
  for _, id in ipairs(ids) do
    local count = times[id] - 1 + tonumber(own)
    redis.call('XCLAIM', stream, group, '${RETURNED}', 0, id, 'IDLE', '${LONG_SILENT}', 'RETRYCOUNT', count, 'JUSTID')
  end
  return lost
end
` + copyEach(
    `count = count + times[id] - 1 + tonumber(own)
    if count > 0 then
      fields[#fields + 1] = 'delivery_count'
      fields[#fields + 1] = count
    end`,
    `redis.call('XADD', stream, '*', unpack(fields))`,
  ) + FINISH,
);

/** Extends leases: the entries are claimed by the consumer that has them. */
export const EXTEND: Script = script(
  OWNED + `
ids[#ids + 1] = 'JUSTID'
redis.call('XCLAIM', stream, group, consumer, 0, unpack(ids))
return lost
`,
);

/** Removes the consumer where nothing is pending for it; its arguments are the group and the consumer only. */
export const LEAVE: Script = script(`
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
end
return 1
`);

function script(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}
