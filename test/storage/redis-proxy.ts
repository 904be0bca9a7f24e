import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createCommandReader, type RedisCommand } from './redis-commands.ts';

/** A way to the real Redis that can be cut and opened again. */
export interface RedisProxy extends AsyncDisposable {
  readonly url: string;
  /** Connections taken so far. */
  readonly taken: number;
  /** Ends every connection and takes no other. */
  cut(): Promise<void>;
  open(): Promise<void>;
  /** Connections stay, and what comes from Redis is held back until it may speak again. */
  silence(): void;
  speak(): void;
  /** What comes from Redis from now on comes so much later. */
  delay(ms: number): void;
  /** Tells of every command that is sent from now on, before it goes to Redis; null: no longer. */
  watch(onCommand: ((command: RedisCommand) => void) | null): void;
}

export const REDIS_URL = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';

export async function startRedisProxy(to = REDIS_URL): Promise<RedisProxy> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  let held: (() => void)[] | null = null;
  let delayMs = 0;
  let taken = 0;
  let port = 0;
  let server: Server | null = null;
  let tell: ((command: RedisCommand) => void) | null = null;

  const take = (client: Socket): void => {
    taken++;
    const redis = connect(Number(target.port || 6379), target.hostname);
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        redis.destroy();
      });
    }
    const read = createCommandReader(command => tell?.(command));
    client.on('data', data => {
      read(data);
      redis.write(data);
    });
    redis.on('data', data => {
      const pass = () => void (client.destroyed || client.write(data));
      if (held !== null) held.push(pass);
      else if (delayMs > 0) setTimeout(pass, delayMs);
      else pass();
    });
  };
  const open = async (): Promise<void> => {
    server = createServer(take).listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const cut = async (): Promise<void> => {
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    server = null;
  };

  await open();
  const url = new URL(to);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    get taken() {
      return taken;
    },
    cut,
    open,
    silence() {
      held ??= [];
    },
    speak() {
      for (const pass of held ?? []) pass();
      held = null;
    },
    delay(ms) {
      delayMs = ms;
    },
    watch(onCommand) {
      tell = onCommand;
    },
    [Symbol.asyncDispose]: cut,
  };
}
