import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { createGate } from '../support/gate.ts';
import { startOwnTime } from '../support/own-time.ts';
import { PATIENCE } from '../support/patience.ts';
import { handClock } from '../support/test-identity.ts';
import { type Shop, startShop } from './shop.ts';

const as = (name: string) => ({ 'graphql-client-name': name });
const client = (name: string) => ({ match: { clients: [{ name }] } });

describe('the deadline of a persona', () => {
  test('ends its requests, and leaves those of another alone', async () => {
    await using shop = await startShop(
      {
        hasty: { ...client('hasty'), deadline: '400ms' },
        patient: { match: { default: true }, deadline: '20s' },
      },
      { config: { execution: { deadline: '10s' } } },
    );
    const { subgraph, open } = gate(shop);
    const patient = shop.post({ query: '{ word }' });
    await subgraph.asked(1);
    using time = startOwnTime();
    const hasty = await shop.post({ query: '{ word }' }, as('hasty'));
    expect(time.ms).toBeLessThan(4_000);
    expect([hasty.code, hasty.data]).toEqual(['SUBGRAPH_TIMEOUT', { word: null }]);
    open();
    expect(await patient).toMatchObject({ status: 200, data: { word: 'late' } });
    const [first, second] = shop.subgraphs.shop.requests;
    expect(Number(first?.headers['x-deadline-ms'])).toBeGreaterThan(4_000);
    expect(Number(second?.headers['x-deadline-ms'])).toBeLessThanOrEqual(400);
  });

  test('counts from the arrival of the request', async () => {
    const clock = handClock();
    await using shop = await startShop({ all: { match: { default: true }, deadline: '3s' } }, { clock });
    await shop.post({ query: '{ word }' });
    expect(shop.subgraphs.shop.requests[0]?.headers['x-deadline-ms']).toBe('3000');
  });
});

/** Holds what the subgraph answers until it is opened. */
function gate({ subgraphs }: Shop) {
  const { opened, open } = createGate();
  subgraphs.shop.respond = async (_seen, response) => {
    await opened;
    response.end('{"data":{"word":"late"}}');
  };
  const asked = (count: number) =>
    vi.waitFor(() => expect(subgraphs.shop.requests).toHaveLength(count), PATIENCE);
  return { subgraph: { asked }, open };
}

describe('omitNulls', () => {
  const query = '{ __typename nothing book { id pages } items { name } word }';
  const personas = {
    terse: { ...client('terse'), response: { omitNulls: true } },
    whole: { match: { default: true } },
  };
  const BARE = {
    __typename: 'Query',
    book: { id: 'b' },
    items: [{ name: 'Weirs' }, { name: 'hush' }, {}],
    word: 'water',
  };
  const WHOLE = {
    __typename: 'Query',
    nothing: null,
    book: { id: 'b', pages: null },
    items: [{ name: 'Weirs' }, { name: 'hush' }, { name: null }],
    word: 'water',
  };

  test('leaves fields out, the first time and when code has been generated', async () => {
    await using shop = await startShop(personas);
    for (let count = 0; count < 4; count++) {
      expect((await shop.post({ query }, as('terse'))).data).toEqual(BARE);
      expect((await shop.post({ query })).data).toEqual(WHOLE);
    }
  });

  test('leaves them out beside errors, which keep their paths', async () => {
    await using shop = await startShop({
      all: {
        match: { default: true },
        response: { omitNulls: true },
        contract: { excludeTags: ['internal'] },
      },
    });
    const answer = await shop.post({ query: '{ word shelf nothing }' });
    expect(answer.data).toEqual({ word: 'water' });
    expect(answer.errors.map(({ path }) => path)).toEqual([['shelf']]);
  });

  test('leaves the nulls of lists where they are', async () => {
    await using shop = await startShop({
      all: {
        match: { default: true },
        response: { omitNulls: true },
        contract: { excludeTags: ['internal'] },
      },
    });
    expect((await shop.post({ query: '{ items { id } }' })).data).toEqual({
      items: [{ id: 'b' }, null, { id: 't' }],
    });
  });
});

describe('work in flight', () => {
  const open = { excludeTags: ['internal'] };

  test.each([
    ['contracts', { contract: open }],
    ['forms of the answer', { response: { omitNulls: true } }],
  ])('is never shared by personas of different %s', async (_what, differs) => {
    await using shop = await startShop(
      { a: { ...client('a'), ...differs }, b: { match: { default: true } } },
      // Subgraphs are not told of personas, which would keep them apart already.
      {
        config: {
          execution: {
            subgraphs: { all: { identity: false } },
            sharing: { operations: true, fetches: false },
          },
        },
      },
    );
    const { subgraph, open: release } = gate(shop);
    const asked = [shop.post({ query: '{ word }' }, as('a')), shop.post({ query: '{ word }' })];
    await subgraph.asked(2);
    release();
    for (const { data } of await Promise.all(asked)) expect(data).toEqual({ word: 'late' });
    expect(await shop.metric('weir_shared_operations_total')).toBe(0);
    expect(await shop.metric('weir_plan_duration_seconds_count')).toBe(2);
  });

  test('of the same contract is planned once, and shared where subgraphs are told the same', async () => {
    const personas = {
      a: { ...client('a'), contract: open },
      b: { match: { default: true }, contract: open },
    };
    for (const identity of [true, false]) {
      await using shop = await startShop(personas, {
        config: { execution: { subgraphs: { all: { identity } } } },
      });
      const { subgraph, open: release } = gate(shop);
      const asked = [shop.post({ query: '{ word }' }, as('a')), shop.post({ query: '{ word }' })];
      await subgraph.asked(identity ? 2 : 1);
      for (let count = 0; count < 5; count++) await turn();
      release();
      await Promise.all(asked);
      expect(await shop.metric('weir_shared_operations_total')).toBe(identity ? 0 : 1);
      expect(await shop.metric('weir_plan_duration_seconds_count')).toBe(1);
    }
  });

  test('shows no hidden member to whoever asks beside somebody who may see it', async () => {
    await using shop = await startShop(
      { staff: client('staff'), public: { match: { default: true }, contract: open } },
      { config: { execution: { subgraphs: { all: { identity: false } } } } },
    );
    const query = '{ items { __typename name } }';
    for (let round = 0; round < 3; round++) {
      const [staff, outside] = await Promise.all([shop.post({ query }, as('staff')), shop.post({ query })]);
      expect(staff.text).toContain('hush');
      expect(outside.text).not.toMatch(/hush|Sample/);
    }
  });
});
