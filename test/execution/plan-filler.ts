// Sends a gateway distinct operations of one kind and prints what the process has grown by. Run with jiti and --expose-gc.

import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { memoryInUse } from '../support/memory-in-use.ts';
import { startGateway } from '../support/start-gateway.ts';

export interface FillerReport {
  /** Bytes, after as many operations as fill the bound and after three times as many. */
  readonly grownBy: readonly [number, number];
}

const COUNTRIES = Array.from({ length: 250 }, (_, index) => `COUNTRY_${index}`).join(' ');
const TYPES = `type Query { thing: Thing } type Thing { id: ID! name: String country: Country } enum Country { ${COUNTRIES} }`;

const { TASK = '{}' } = process.env;
const { config, field, aliases, operations } = JSON.parse(TASK) as {
  readonly config: GatewayConfigInput;
  readonly field: string;
  readonly aliases: number;
  readonly operations: number;
};

const thing = { id: '1', name: 'one', country: 'COUNTRY_7' };
const gateway = await startGateway({
  subgraphs: { things: { typeDefs: TYPES, resolvers: { Query: { thing: () => thing } } } },
  config,
});
let made = 0;
async function send(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const names = Array.from({ length: aliases }, (_, index) => `a${made}x${index}: ${field}`);
    made++;
    // Code is made the second time; the third is with it.
    for (let time = 0; time < 3; time++) await gateway.ask(`{ thing { ${names.join(' ')} } }`);
    gateway.subgraphs.things.requests.length = 0;
    (gateway.log as unknown[]).length = 0;
  }
}
// What is compiled and made once is no operation's.
await send(3);
const before = await memoryInUse();
await send(operations);
const full = await memoryInUse();
await send(operations * 2);
const report: FillerReport = { grownBy: [full - before, (await memoryInUse()) - before] };
console.log(JSON.stringify(report));
await gateway[Symbol.asyncDispose]();
