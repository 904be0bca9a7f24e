import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export interface Growth {
  /** Heap and buffers. */
  readonly bytes: number;
  /** Sockets and timers. */
  readonly handles: number;
}

interface Load {
  /** Ends when everything of these requests is over. */
  send(requests: number): Promise<void>;
  readonly requestsPerRound: number;
  readonly rounds: number;
}

/**
 * What a process keeps of each request that is over. Caches that fill, connections that open and code that is compiled
 * let it grow in some round or other; only a leak does so in each, hence the smallest growth of any round counts.
 */
export async function growthPerRequest({ send, requestsPerRound, rounds }: Load): Promise<Growth> {
  await send(requestsPerRound);
  let before = await settled();
  let [bytes, handles] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round++) {
    await send(requestsPerRound);
    const after = await settled();
    bytes = Math.min(bytes, after.bytes - before.bytes);
    handles = Math.min(handles, after.handles - before.handles);
    before = after;
  }
  return { bytes: bytes / requestsPerRound, handles: handles / requestsPerRound };
}

const HANDLES: ReadonlySet<string> = new Set(['TCPSocketWrap', 'Timeout']);

/** Heap and buffers that are held, in bytes. */
export async function heldBytes(): Promise<number> {
  return (await settled()).bytes;
}

/** Sockets close and finalizers run a turn or two after the last answer. */
async function settled(): Promise<Growth> {
  for (let turn = 0; turn < 2; turn++) {
    await new Promise(done => setTimeout(done, 5));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  return { bytes: heapUsed + external, handles: resources.filter(name => HANDLES.has(name)).length };
}
