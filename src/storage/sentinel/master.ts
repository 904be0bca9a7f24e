import type { Socket } from 'node:net';
import { Redis } from 'ioredis';
import type { SentinelOptions } from '../redis-options.ts';
import { RedisSubscriber } from '../redis-subscriber.ts';
import { askSentinel, type MasterAddress } from './ask-sentinel.ts';

/** On which sentinels tell of the end of a failover: `name host port host port`, from where and to where. */
const SWITCHES = '+switch-master';

/** A master as the sentinels know it, and the connections to it. */
export class Master {
  readonly name: string;
  readonly #sentinels: readonly SentinelOptions[];
  readonly #connections = new Map<Socket, string>();
  readonly #switches: RedisSubscriber;
  /** Where it is no longer, though sentinels that have not heard of it may still say so. */
  #left: string | null = null;
  #at: string | null = null;
  #asked = 0;

  constructor(name: string, sentinels: readonly SentinelOptions[]) {
    this.name = name;
    this.#sentinels = sentinels;
    this.#switches = new RedisSubscriber(() => new Redis(this.#nextSentinel()));
    this.#switches.subscribe(SWITCHES, { onMessage: text => this.#onSwitch(text), onListening() {} });
  }

  /** Where it was when it was last connected to. */
  get at(): string | null {
    return this.#at;
  }

  /**
   * All sentinels are asked at once, as those that are gone may have been on the machine of the master.
   * @throws Error that says why, for each of them
   */
  async find(): Promise<MasterAddress> {
    const answers = this.#sentinels.map(options => askSentinel(options, this.name));
    const news = answers.map(async answer => {
      const address = await answer;
      if (textOf(address) === this.#left) throw new Error('it has left there');
      return address;
    });
    try {
      return await Promise.any(news).catch(() => Promise.any(answers));
    } catch (error) {
      const reasons = (error as AggregateError).errors.map(({ message }: Error) => message);
      throw new Error(`no sentinel tells of the master: ${reasons.join('; ')}`);
    }
  }

  /** Ends it when the master goes elsewhere. */
  follow(connection: Socket, address: MasterAddress): void {
    this.#at = textOf(address);
    this.#connections.set(connection, this.#at);
    connection.once('close', () => this.#connections.delete(connection));
  }

  /** It is said to be there, and is not. */
  isNotAt(address: MasterAddress): void {
    this.#left = textOf(address);
  }

  close(): void {
    this.#switches.close();
  }

  /** A server that has been cut off from the sentinels alone would go on as before, and all of it be lost. */
  #onSwitch(text: string): void {
    const [name, host, port, newHost, newPort] = text.split(' ');
    if (name !== this.name) return;
    this.#left = `${host}:${port}`;
    const now = `${newHost}:${newPort}`;
    for (const [connection, address] of this.#connections) {
      if (address !== now) connection.destroy(new Error(`the sentinels have made ${now} the master`));
    }
  }

  #nextSentinel(): SentinelOptions {
    return this.#sentinels[this.#asked++ % this.#sentinels.length] as SentinelOptions;
  }
}

function textOf({ host, port }: MasterAddress): string {
  return `${host}:${port}`;
}
