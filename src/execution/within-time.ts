import { GatewayError } from '../errors.ts';

/** What the work brings, unless it takes too long. The work itself goes on, for others who wait for it. */
export async function withinTime<T>(work: Promise<T>, timeMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new GatewayError('DEADLINE_EXCEEDED')), Math.max(0, Math.ceil(timeMs)));
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
