import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Says what it is told to say. */
export interface FakeSentinel extends AsyncDisposable {
  readonly url: string;
  /** How often it was asked for a master. */
  readonly asked: number;
  /** Of a Redis, or null for one that knows no such master. */
  sayMasterIs(url: string | null): void;
  /** Tells all who listen that a master has gone from one to the other. */
  announce(name: string, from: string, to: string): void;
  /** Is slow to say where a master is. */
  delay(ms: number): void;
  /** Takes connections and answers nothing. */
  hang(): void;
  readonly listeners: number;
}

export async function startFakeSentinel(master: string | null): Promise<FakeSentinel> {
  const sockets = new Set<Socket>();
  const listening = new Set<Socket>();
  let [says, asked, delayMs, hangs] = [master, 0, 0, false];
  const answer = (command: readonly string[], socket: Socket): string => {
    const [name = '', ...args] = command;
    if (/^sentinel$/i.test(name)) {
      asked++;
      return says === null ? '*-1\r\n' : array(addressIn(says));
    }
    if (/^subscribe$/i.test(name)) {
      listening.add(socket);
      return `*3\r\n${bulk('subscribe')}${bulk(args[0] ?? '')}:1\r\n`;
    }
    return '+OK\r\n';
  };
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      listening.delete(socket);
    });
    socket.on('data', data => {
      if (hangs) return;
      for (const command of commandsIn(data.toString())) {
        const text = answer(command, socket);
        if (/^sentinel$/i.test(command[0] ?? '')) setTimeout(() => socket.write(text), delayMs);
        else socket.write(text);
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    get listeners() {
      return listening.size;
    },
    sayMasterIs(url) {
      says = url;
    },
    announce(name, from, to) {
      const text = [name, ...addressIn(from), ...addressIn(to)].join(' ');
      for (const socket of listening) socket.write(array(['message', '+switch-master', text]));
    },
    delay(ms) {
      delayMs = ms;
    },
    hang() {
      hangs = true;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), 'close');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function addressIn(url: string): [host: string, port: string] {
  const { hostname, port } = new URL(url);
  return [hostname, port];
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const array = (texts: readonly string[]): string => `*${texts.length}\r\n${texts.map(bulk).join('')}`;

/** Clients send arrays of short texts, whole ones at a time. */
function commandsIn(text: string): string[][] {
  return text
    .split(/^\*\d+\r\n/m)
    .slice(1)
    .map(one => [...one.matchAll(/\$\d+\r\n(.*)\r\n/g)].map(([, word = '']) => word));
}
