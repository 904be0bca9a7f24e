import { describe, expect, test } from 'vitest';
import { type IssuerOptions, startIssuer } from '../../support/jwks-server.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { type HandClock, handClock, invalid, refusalOf, testIdentity } from '../../support/test-identity.ts';
import { createSigningKey } from '../../support/tokens.ts';

const MINUTE = 60_000;

/** Without `invalid_token`, as the token may be good. */
const UNAVAILABLE = {
  code: 'UNAUTHENTICATED',
  status: 401,
  message: expect.stringContaining('cannot be checked now'),
  challenge: 'Bearer realm="weir"',
};

interface Setting extends IssuerOptions {
  readonly clock?: HandClock;
  readonly keySets?: object;
  /** Before identity starts. */
  readonly prepare?: (issuer: Awaited<ReturnType<typeof startIssuer>>) => void;
}

/** An issuer and a gateway's identity that has asked it for its keys once, unless it was prepared to fail. */
async function start({ clock = handClock(), keySets = {}, prepare, ...options }: Setting = {}) {
  const issuer = await startIssuer({ now: clock.now, ...options });
  prepare?.(issuer);
  // Who waits for an answer that is held would wait until the test has failed.
  const jwt = { providers: [issuer.provider], keySets: { timeout: '1h', ...keySets } };
  const identity = await testIdentity({ jwt }, { clock });
  let subjects = 0;
  return {
    ...identity,
    issuer,
    clock,
    /** A token that nothing is remembered of. */
    fresh: () => identity.bearer(issuer.token({ sub: `u-${subjects++}` })),
    fetches: (outcome: string) => identity.count('weir_jwks_fetches_total', { outcome }),
    refused: (outcome: string) => identity.count('weir_identity_total', { kind: 'jwt', outcome }),
    async [Symbol.asyncDispose]() {
      await identity[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

describe('keys', () => {
  test('are fetched at the start, once for all who wait', async () => {
    await using test = await start();
    await Promise.all(Array.from({ length: 10 }, test.fresh));
    expect(test.issuer.requests).toBe(1);
    expect(await test.fetches('ok')).toBe(1);
  });

  test('are used for maxAge, and fetched again before it ends without making anybody wait', async () => {
    await using test = await start({ keySets: { maxAge: '10m' } });
    await test.fresh();
    test.clock.at += 8 * MINUTE - 1;
    await test.fresh();
    expect(test.issuer.requests).toBe(1);
    test.clock.at += 1;
    const release = test.issuer.hold();
    const asked = test.issuer.asked();
    await test.fresh();
    await asked;
    release();
    expect(test.issuer.requests).toBe(2);
  });

  test('are waited for when they are older than maxAge, so that a key withdrawn is of no use', async () => {
    await using test = await start({ keySets: { maxAge: '10m' } });
    await test.fresh();
    const withdrawn = test.issuer.key;
    test.issuer.publish([createSigningKey().jwk]);
    test.clock.at += 10 * MINUTE + 1;
    const token = test.issuer.token({}, { key: withdrawn });
    expect(await refusalOf(test.bearer(token))).toEqual(invalid('does not publish'));
  });
});

describe('rotation', () => {
  test('a new key is fetched when the first token names it', async () => {
    await using test = await start();
    await test.fresh();
    test.issuer.rotate();
    await test.fresh();
    await test.fresh();
    expect(test.issuer.requests).toBe(2);
  });

  test('under load no request fails, and each rotation costs one fetch', async () => {
    await using test = await start({ keySets: { cooldown: '1s' } });
    await test.fresh();
    let previous = test.issuer.key;
    for (let rotation = 1; rotation <= 5; rotation++) {
      test.clock.at += 1_000;
      const before = Array.from({ length: 20 }, test.fresh);
      const next = test.issuer.rotate();
      const mixed = Array.from({ length: 40 }, (_, index) => {
        const sub = `r-${rotation}-${index}`;
        return test.bearer(test.issuer.token({ sub }, { key: index % 2 === 0 ? previous : next }));
      });
      const callers = await Promise.all([...before, ...mixed]);
      expect(callers.every(({ caller }) => caller.kind === 'jwt')).toBe(true);
      expect(test.issuer.requests).toBe(1 + rotation);
      previous = next;
    }
    expect(await test.refused('refused')).toBe(0);
  });

  test('a token of a new key that comes during a fetch from before it causes one more', async () => {
    await using test = await start({ keySets: { maxAge: '10m' } });
    await test.fresh();
    const old = JSON.stringify({ keys: [test.issuer.key.jwk] });
    test.clock.at += 9 * MINUTE;
    test.issuer.respond(response => response.end(old));
    const release = test.issuer.hold();
    const asked = test.issuer.asked();
    await test.fresh();
    await asked;
    test.issuer.rotate();
    const waiting = test.fresh();
    const again = test.issuer.asked();
    release();
    // The answer from before the rotation is on its way; from now on the new keys are sent.
    test.issuer.hold()();
    await again.then(() => test.issuer.respond(null));
    expect((await waiting).caller.kind).toBe('jwt');
    expect(test.issuer.requests).toBe(3);
  });
});

describe('a flood of unknown keys', () => {
  const flood = (test: Awaited<ReturnType<typeof start>>, name: string) =>
    Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        refusalOf(test.bearer(test.issuer.token({}, { header: { kid: `${name}-${index}` } }))),
      ),
    );

  test('causes one fetch in cooldown, and each token is refused', async () => {
    await using test = await start({ keySets: { cooldown: '30s' } });
    await test.fresh();
    const refusals = await flood(test, 'a');
    expect(refusals).toEqual(Array(200).fill(invalid('does not publish')));
    expect(test.issuer.requests).toBe(2);
    test.clock.at += 29_999;
    await flood(test, 'b');
    expect(test.issuer.requests).toBe(2);
    test.clock.at += 1;
    await flood(test, 'c');
    expect(test.issuer.requests).toBe(3);
  });

  test('does not hinder tokens of known keys', async () => {
    await using test = await start();
    await test.fresh();
    const release = test.issuer.hold();
    const flooding = flood(test, 'a');
    expect((await test.fresh()).caller.kind).toBe('jwt');
    release();
    await flooding;
  });

  test('at an endpoint that fails causes one fetch in a second', async () => {
    await using test = await start();
    await test.fresh();
    test.issuer.fail(503);
    await flood(test, 'a');
    await flood(test, 'b');
    expect(test.issuer.requests).toBe(2);
    test.clock.at += 1_000;
    test.issuer.fail(null);
    test.issuer.rotate();
    expect((await test.fresh()).caller.kind).toBe('jwt');
    expect(test.issuer.requests).toBe(3);
  });
});

describe('an endpoint that fails', () => {
  const keySets = { maxAge: '10m', staleFor: '1h' };

  test('leaves the keys in use until staleFor, then tokens are refused and counted', async () => {
    await using test = await start({ keySets });
    await test.fresh();
    test.issuer.fail(500);
    test.clock.at += 60 * MINUTE;
    await test.fresh();
    expect(await test.fetches('failed')).toBe(1);
    expect(test.warnings).toEqual(['keys of an issuer cannot be fetched']);
    test.clock.at += 1;
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
    expect(await test.refused('unavailable')).toBe(1);
    expect(await test.refused('refused')).toBe(0);
  });

  test('is asked again after a second, and its keys are used at once', async () => {
    await using test = await start({ keySets });
    await test.fresh();
    test.issuer.fail(500);
    test.clock.at += 61 * MINUTE;
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
    test.issuer.fail(null);
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
    expect(test.issuer.requests).toBe(2);
    test.clock.at += 1_000;
    expect((await test.fresh()).caller.kind).toBe('jwt');
  });

  test('does not make tokens wait while there are keys to go on with', async () => {
    await using test = await start({ keySets });
    await test.fresh();
    test.issuer.fail(500);
    test.clock.at += 11 * MINUTE;
    await test.fresh();
    test.clock.at += 1_000;
    const release = test.issuer.hold();
    expect((await test.fresh()).caller.kind).toBe('jwt');
    release();
  });

  test('from the start refuses tokens, and stops neither the start nor a later recovery', async () => {
    await using test = await start({ prepare: issuer => issuer.fail(500) });
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
    test.issuer.fail(null);
    test.clock.at += 1_000;
    expect((await test.fresh()).caller.kind).toBe('jwt');
  });

  test('leaves remembered tokens alone', async () => {
    await using test = await start({ keySets });
    const token = test.issuer.token({ exp: test.clock.now() / 1000 + 7200 });
    await test.bearer(token);
    test.issuer.fail(500);
    test.clock.at += 61 * MINUTE;
    expect((await test.bearer(token)).caller.subject).toBe('u-1');
  });

  test('does not answer in time', async () => {
    await using test = await start({
      keySets: { timeout: '50ms' },
      prepare: issuer => issuer.hold(),
    });
    using time = startOwnTime();
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
    expect(time.ms).toBeLessThan(2_000);
    expect(await test.fetches('failed')).toBe(1);
  });

  test('begins its answer in time and does not end it', async () => {
    await using test = await start({
      keySets: { timeout: '50ms' },
      prepare: issuer => issuer.respond(response => response.writeHead(200).write('{"keys":[')),
    });
    using time = startOwnTime();
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
    expect(time.ms).toBeLessThan(2_000);
  });
});

describe('an answer that is no key set', () => {
  test.each([
    '',
    '{}',
    '[]',
    '{"keys":{}}',
    '{"keys":[7]}',
    'null',
    '<html>',
    '{"keys":['.concat('['.repeat(9999)),
  ])('keeps the keys that are there: %j', async body => {
    await using test = await start({ keySets: { maxAge: '10m' } });
    await test.fresh();
    test.issuer.respond(response => response.end(body));
    test.clock.at += 11 * MINUTE;
    expect((await test.fresh()).caller.kind).toBe('jwt');
    expect(await test.fetches('failed')).toBe(1);
  });

  test('a key set larger than 256 KiB is given up', async () => {
    await using test = await start({
      prepare: issuer => {
        const pad = 'x'.repeat(256 * 1024);
        issuer.respond(response => response.end(JSON.stringify({ keys: [issuer.key.jwk], pad })));
      },
    });
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
    expect(await test.fetches('failed')).toBe(1);
  });

  test('a redirect is not followed', async () => {
    await using elsewhere = await startIssuer();
    await using test = await start({
      prepare: issuer => {
        elsewhere.publish([issuer.key.jwk]);
        issuer.respond(response => response.writeHead(302, { location: elsewhere.jwksUri }).end());
      },
    });
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
    expect(elsewhere.requests).toBe(0);
  });

  test('a key that cannot be used is told to operators, and others still serve', async () => {
    const broken = { ...createSigningKey().jwk, kid: 'broken', x: 'AAAA' };
    await using test = await start({ prepare: issuer => issuer.publish([broken, issuer.key.jwk]) });
    expect((await test.fresh()).caller.kind).toBe('jwt');
    const token = test.issuer.token({}, { header: { kid: 'broken' } });
    expect(await refusalOf(test.bearer(token))).toEqual(UNAVAILABLE);
    expect(test.warnings).toEqual(['a key of an issuer cannot be used']);
  });

  test('a private key in it is not used', async () => {
    await using test = await start({
      prepare: issuer => issuer.publish([{ ...issuer.key.jwk, d: issuer.key.jwk['x'] }]),
    });
    expect(await refusalOf(test.fresh())).toEqual(UNAVAILABLE);
  });
});

test('closing ends a fetch that hangs', async () => {
  await using issuer = await startIssuer();
  issuer.hold();
  const asked = issuer.asked();
  const { identity, warnings, bearer } = await testIdentity({ jwt: { providers: [issuer.provider] } });
  await asked;
  const waiting = refusalOf(bearer(issuer.token()));
  await identity.close();
  expect(await waiting).toEqual(UNAVAILABLE);
  expect(warnings).toEqual([]);
});
