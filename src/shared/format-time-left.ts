import { formatDuration } from './format-duration.ts';

/** How long something goes on, to be read: up to the next whole second, `10m` and not `599724ms`. */
export function formatTimeLeft(ms: number): string {
  return formatDuration(ms < 1_000 ? Math.ceil(ms) : Math.ceil(ms / 1_000) * 1_000);
}
