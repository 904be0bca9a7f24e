import { Redis } from 'ioredis';
import { describeFailure } from '../../shared/describe-failure.ts';
import type { SentinelOptions } from '../redis-options.ts';

export interface MasterAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Where a sentinel says that a master is, on a connection for this one question.
 * @throws Error that begins with the address of the sentinel and says what is wrong; nothing of it is secret
 */
export async function askSentinel(options: SentinelOptions, name: string): Promise<MasterAddress> {
  const client = new Redis({ ...options, lazyConnect: true });
  // What is thrown says only that there is no connection.
  let reason: unknown;
  client.on('error', error => {
    reason ??= error;
  });
  const problem = (what: string): Error => new Error(`${options.host}:${options.port} ${what}`);
  let answer: unknown;
  try {
    await client.connect();
    answer = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
  } catch (error) {
    throw problem(`cannot be asked: ${describeFailure(reason ?? error)}`);
  } finally {
    client.disconnect();
  }
  if (answer === null) throw problem(`knows no master named "${name}"`);
  const [host, port] = Array.isArray(answer) ? answer.map(String) : [];
  if (!host || !/^\d{1,5}$/.test(port ?? '')) throw problem('answers with no address; is it a sentinel?');
  return { host, port: Number(port) };
}
