import { readCounters } from './counters.mjs';

const SAMPLE_MS = 1_000;
const MIB = 1024 * 1024;

/**
 * What a gateway's heap and buffers hold, MiB, once a second: what garbage is among it comes and goes, so the least of
 * some time is close to what is in use. Resident memory says little, as V8 keeps pages it may need again.
 */
export function watchHeldMemory(adminPort) {
  const samples = [];
  const timer = setInterval(async () => {
    try {
      const count = await readCounters(adminPort);
      samples.push((count('nodejs_heap_size_used_bytes') + count('nodejs_external_memory_bytes')) / MIB);
    } catch {} // busy or gone; the next one is as good
  }, SAMPLE_MS);
  return {
    /** The least of a part of the time so far, from one share of it to another. */
    least(from, to) {
      const part = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
      return part.length === 0 ? 0 : Math.min(...part);
    },
    stop: () => clearInterval(timer),
  };
}
