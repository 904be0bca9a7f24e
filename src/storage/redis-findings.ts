import { Redis } from 'ioredis';
import type { OpenedRedis } from './redis-client.ts';

/** What ioredis finds out while it connects, and goes on with. */
const FINDINGS: readonly (readonly [RegExp, string])[] = [
  [
    /no password is set|without any password configured for the default user/,
    'Redis asks for no password, so the one in storage.redis proves nothing; leave it out, or let Redis require it',
  ],
  [
    /wrong number of arguments for 'auth' command/,
    'Redis is older than version 6 and knows no user names; leave the one in storage.redis out',
  ],
  [
    /NOPERM.*'info'/,
    'the user of Redis may not run INFO, so that servers that still load their data are asked too',
  ],
];

type Command = (this: Redis, ...args: unknown[]) => unknown;
type Done = (error: Error | null | undefined, result?: unknown) => void;

const FINDING = 'finding';

/** ioredis prints its findings to the console, past every logger and its level; so it never gets to see them. */
function hushed(command: Command): Command {
  return function hush(...args) {
    const done = args.at(-1);
    if (typeof done !== 'function') return command.apply(this, args);
    const settle: Done = (error, result) => {
      const found = FINDINGS.find(([pattern]) => pattern.test(error?.message ?? ''));
      if (found === undefined) return (done as Done)(error, result);
      this.emit(FINDING, found[1]);
      (done as Done)(null, '');
    };
    return command.apply(this, [...args.slice(0, -1), settle]);
  };
}

/** Connections whose database is not there, and why. */
const astray = new WeakMap<Redis, Error>();

function remembering(select: Command): Command {
  return function remember(...args) {
    astray.delete(this);
    const selected = select.apply(this, args) as Promise<unknown>;
    return selected.catch((error: Error) => {
      astray.set(this, error);
      throw error;
    });
  };
}

/** Where the database is not there ioredis would go on in number 0, which is another's: the check after it has to fail. */
function insisting(info: Command): Command {
  return function insist(...args) {
    const done = args.at(-1);
    if (typeof done !== 'function') return info.apply(this, args);
    const settle: Done = (error, result) => (done as Done)(astray.get(this) ?? error, result);
    return info.apply(this, [...args.slice(0, -1), settle]);
  };
}

type Own = Record<'auth' | 'info' | 'select', Command>;

// On the class: connections to the nodes of a cluster are made by ioredis itself.
const { auth, info, select } = Redis.prototype as unknown as Own;
Object.assign(Redis.prototype, {
  auth: hushed(auth),
  select: remembering(select),
  info: insisting(hushed(info)),
} satisfies Own);

/** Tells each finding once, however often and to however many nodes is connected. */
export function followFindings(client: OpenedRedis['client'], tell: (finding: string) => void): void {
  const told = new Set<string>();
  const listen = (connection: Redis): void => {
    connection.on(FINDING, (finding: string) => {
      if (told.has(finding)) return;
      told.add(finding);
      tell(finding);
    });
  };
  if (client instanceof Redis) listen(client);
  else client.on('+node', listen);
}
