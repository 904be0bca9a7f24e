import { expect, test } from 'vitest';
import { startIssuer } from '../../support/jwks-server.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { startKeptShop } from './kept-shop.ts';

const STEPS = 400;
const ALLOWED_MS = { products: 90_000, cheapest: 60_000, mine: 60_000, secret: 60_000 } as const;

/** Numbers that are the same in each run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const OPERATIONS = [
  { query: '{ products { id name } }' },
  { query: 'query Q($n: Int) { products(first: $n) { id name } }', variables: { n: 1 } },
  { query: 'query Q($n: Int) { products(first: $n) { id name } }', variables: { n: 3 } },
  { query: '{ mine }' },
  { query: '{ secret cheapest { name } }' },
  { query: '{ products { id name } mine }' },
  { query: '{ cheapest { n: name } }' },
] as const;

/**
 * Callers, operations and time at random, while what subgraphs answer changes: each answer is one that the subgraph
 * would have given to this caller at some moment within the allowed staleness, and nothing of another's.
 */
test.each([
  [1, false],
  [2, false],
  [3, true],
  [4, true],
])(
  'what is served is what was true for its caller a short time ago at most: seed %i, entities too: %s',
  async (seed, enabled) => {
    const issuer = await startIssuer();
    await using shop = await startKeptShop({
      identity: { jwt: { providers: [issuer.provider] } },
      execution: { replay: '0B' },
      cache: { jitter: 0, entities: { enabled } },
      policy: { authorization: { mode: 'filter' } },
    });
    const random = randomOf(seed);
    const callers = [null, 'ada', 'ben', 'eve'].map(sub => ({
      sub,
      headers:
        sub === null
          ? {}
          : {
              authorization: `Bearer ${issuer.token({ sub, exp: Math.floor(Date.now() / 1_000) + 86_400 })}`,
            },
    }));
    const history: { readonly name: string; readonly from: number }[] = [
      { name: 'first', from: shop.clock.at },
    ];
    const wasNamed = (name: string, withinMs: number): boolean =>
      history.some(
        (entry, i) => entry.name === name && (history[i + 1]?.from ?? Infinity) >= shop.clock.at - withinMs,
      );
    const states: (string | null)[] = [];
    for (let step = 0; step < STEPS; step++) {
      if (random(4) === 0) {
        history.push({ name: `name-${step}`, from: shop.clock.at });
        shop.rename(`name-${step}`);
      }
      shop.clock.at += random(15_000);
      const caller = callers[random(callers.length)] ?? { sub: null, headers: {} };
      const operation = OPERATIONS[random(OPERATIONS.length)] ?? OPERATIONS[0];
      const response = await shop.handle(graphqlRequest(operation, caller.headers));
      states.push(response.headers.get('x-cache'));
      const { data } = (await response.json()) as { data: Record<string, unknown> };
      const told = JSON.stringify({ step, caller: caller.sub, operation, data });
      for (const other of callers)
        if (other.sub !== null && other.sub !== caller.sub)
          expect(told, told).not.toContain(`of ${other.sub}`);
      if (caller.sub === null) expect(data['secret'] ?? null, told).toBeNull();
      const names = [...JSON.stringify(data).matchAll(/(first|name-\d+)/g)].map(([name]) => name);
      const allowed = 'products' in data && !('mine' in data) ? ALLOWED_MS.products : ALLOWED_MS.mine;
      for (const name of names) expect(wasNamed(name, allowed), told).toBe(true);
      // What is made anew behind an answer is done before the next.
      await new Promise(done => setImmediate(done));
    }
    expect(states.filter(state => state === 'HIT').length).toBeGreaterThan(STEPS / 20);
    await issuer[Symbol.asyncDispose]();
  },
);
