import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Agent, buildConnector, fetch, type RequestInit, type Response } from 'undici';
import { readCertificates } from '../config/read-certificates.ts';
import type { ListenerTlsConfig } from '../config/tls.ts';

export interface AdminTls extends Pick<ListenerTlsConfig, 'cert' | 'key'> {
  /** That its files are relative to. */
  readonly folder: string;
}

/** What is used of `fetch`. */
type Fetch = (
  url: URL,
  init: Pick<RequestInit, 'method' | 'body' | 'signal'> & { readonly headers?: Record<string, string> },
) => Promise<Response>;

/**
 * `fetch` from whoever has the certificate of these settings and from nobody else: an address of this machine is in few
 * certificates, and their CA is often known to none but the clients. Shows the same certificate, in case one is
 * asked for. It throws a ConfigError for files that cannot be used.
 */
export function fetchPinned({ cert, key, folder }: AdminTls): Fetch {
  return async (url, init) => {
    const own = await readCertificates({
      cert: { key: 'admin.tls.cert', path: resolve(folder, cert) },
      key: { key: 'admin.tls.key', path: resolve(folder, key) },
    });
    const { fingerprint256 } = new X509Certificate(own.cert ?? '');
    const connect = buildConnector({ ...own, rejectUnauthorized: false });
    const dispatcher = new Agent({
      connect: (options, done) =>
        connect(options, (...[error, socket]) => {
          if (error !== null) {
            done(error, null);
            return;
          }
          const shown = (socket as TLSSocket).getPeerX509Certificate();
          if (shown?.fingerprint256 === fingerprint256) {
            done(null, socket);
            return;
          }
          socket.destroy();
          done(new Error('it has another certificate than admin.tls.cert'), null);
        }),
    });
    return fetch(url, { ...init, dispatcher });
  };
}
