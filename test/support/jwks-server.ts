import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compact, createSigningKey, type Members, type Sign, type SigningKey } from './tokens.ts';

export interface IssuerOptions {
  /** `iss` of its tokens; else its own address. */
  readonly issuer?: string;
  readonly alg?: string;
  /** `aud` of its tokens. */
  readonly audience?: string;
  /** Wall time that its tokens are written by, ms. */
  readonly now?: () => number;
}

export interface TokenOverrides {
  /** Members that replace those of the header; `undefined` takes one away. */
  readonly header?: Members;
  readonly sign?: Sign;
  /** Instead of the current key, as before a rotation. */
  readonly key?: SigningKey;
}

export interface RunningIssuer extends AsyncDisposable {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** As an entry of `identity.jwt.providers`. */
  readonly provider: {
    readonly issuer: string;
    readonly audiences: string[];
    readonly algorithms: string[];
    readonly jwksUri: string;
  };
  /** The key that signs now. */
  readonly key: SigningKey;
  /** How often its keys were asked for. */
  readonly requests: number;
  /** A good token of five minutes for `u-1`; claims replace its own, and `undefined` takes one away. */
  token(claims?: Members, overrides?: TokenOverrides): string;
  /** Signs with a new key from now on, and publishes it beside the others. */
  rotate(): SigningKey;
  /** Publishes exactly these. */
  publish(keys: readonly Members[]): void;
  /** Answers with this status from now on; null is well again. */
  fail(status: number | null): void;
  /** Answers as this says from now on; null is well again. */
  respond(answer: ((response: ServerResponse) => void) | null): void;
  /** Answers nobody until the returned function is called. */
  hold(): () => void;
  /** Resolves when the next request has come, before it is answered. */
  asked(): Promise<void>;
}

/** An issuer of tokens with its keys behind a real socket. */
export async function startIssuer(options: IssuerOptions = {}): Promise<RunningIssuer> {
  const { alg = 'ES256', audience = 'weir', now = Date.now } = options;
  let key = createSigningKey(alg);
  let published: readonly Members[] = [key.jwk];
  let requests = 0;
  let gate: Promise<void> = Promise.resolve();
  let waiting: (() => void)[] = [];
  const send = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: published }));
  };
  let answer = send;

  const server = createServer(async (_request, response) => {
    requests++;
    for (const resolve of waiting.splice(0)) resolve();
    await gate;
    answer(response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = options.issuer ?? origin;
  const jwksUri = `${origin}/jwks.json`;

  return {
    issuer,
    audience,
    jwksUri,
    provider: { issuer, audiences: [audience], algorithms: [alg], jwksUri },
    get key() {
      return key;
    },
    get requests() {
      return requests;
    },
    token(claims = {}, overrides = {}) {
      const signing = overrides.key ?? key;
      const seconds = Math.floor(now() / 1000);
      return compact(
        { alg: signing.alg, kid: signing.kid, typ: 'JWT', ...overrides.header },
        { iss: issuer, aud: audience, sub: 'u-1', iat: seconds, exp: seconds + 300, ...claims },
        overrides.sign ?? signing.sign,
      );
    },
    rotate() {
      key = createSigningKey(alg);
      published = [...published, key.jwk];
      return key;
    },
    publish(keys) {
      published = keys;
    },
    fail(status) {
      answer = status === null ? send : response => response.writeHead(status).end();
    },
    respond(other) {
      answer = other ?? send;
    },
    hold() {
      let release = (): void => {};
      gate = new Promise(resolve => {
        release = resolve;
      });
      return release;
    },
    asked: () => new Promise(resolve => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      waiting = [];
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
