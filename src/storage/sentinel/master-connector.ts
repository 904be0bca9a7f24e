import { createConnection, Socket } from 'node:net';
import { connect as connectSecurely, type TLSSocket } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { MasterAddress } from './ask-sentinel.ts';
import type { Master } from './master.ts';

type Connector = NonNullable<RedisOptions['Connector']>;
type Emit = (type: string, error: Error) => void;

/**
 * Has ioredis ask for the master whenever it connects. Its own way of doing that gives up where it is told to be bounded,
 * does not say which sentinel answers what, and writes to the console.
 */
export function connectorTo(master: Master, { tls, disconnectTimeout = 0 }: RedisOptions): Connector {
  return class extends AbstractConnector {
    #address: MasterAddress | null = null;
    #emit: Emit = () => {};

    constructor() {
      super(disconnectTimeout);
    }

    override async connect(emit: Emit): Promise<Socket | TLSSocket> {
      this.connecting = true;
      delete this.firstError;
      this.#emit = emit;
      try {
        const address = await master.find();
        if (!this.connecting) return this.#none();
        this.#address = address;
        const socket =
          tls === undefined ? createConnection(address) : connectSecurely({ ...tls, ...address });
        this.stream = socket;
        socket.once('error', error => {
          this.firstError = error;
        });
        master.follow(socket, address);
        return socket;
      } catch (error) {
        this.firstError = error as Error;
        return this.#none();
      }
    }

    /** Only a server that says it is a replica is none: who may not be asked may be the master. */
    override check({ role }: { readonly role?: string }): boolean {
      if (this.#address === null || role === undefined || role === 'master') return true;
      const { host, port } = this.#address;
      this.#emit('error', new Error(`${host}:${port} is a replica, which the sentinels call the master`));
      master.isNotAt(this.#address);
      return false;
    }

    /** A connection that is over: unlike one that is refused, it is tried again, as every other that was lost. */
    #none(): Socket {
      this.stream = new Socket().destroy();
      return this.stream;
    }
  };
}
