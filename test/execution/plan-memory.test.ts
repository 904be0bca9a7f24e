import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { REPOSITORY, startProcess } from '../support/start-cli.ts';
import type { FillerReport } from './plan-filler.ts';

const MIB = 1024 * 1024;
const BOUNDS = { operation: { planCache: '8MiB', documentCache: '1MiB' } };
const KEEPING = { cache: { defaultMaxAge: '1m', memory: '1MiB' } };

async function grownBy(task: {
  readonly config: GatewayConfigInput;
  readonly field: string;
  readonly aliases: number;
  readonly operations: number;
}): Promise<FillerReport['grownBy']> {
  const filler = `${REPOSITORY}/test/execution/plan-filler.ts`;
  await using process = startProcess(['--expose-gc', '--import', 'jiti/register', filler], {
    env: { TASK: JSON.stringify(task) },
  });
  expect(await process.ended(), process.output.stderr).toBe(0);
  const { grownBy: bytes } = JSON.parse(process.output.stdout) as FillerReport;
  return bytes;
}

describe('distinct operations take up no more than they may', () => {
  // Replayed are what subgraphs have answered, which has a bound of its own.
  const execution = { replay: '0B' };
  test.each<[string, GatewayConfigInput, string]>([
    ['of many fields', { ...BOUNDS, execution }, 'name'],
    ['of an enum with many values', { ...BOUNDS, execution }, 'country'],
    ['whose answers are kept', { ...BOUNDS, ...KEEPING, execution }, 'name'],
  ])('%s', async (_, config, field) => {
    const [full, later] = await grownBy({ config, field, aliases: 400, operations: 40 });
    expect(full / MIB).toBeLessThan(12);
    expect((later - full) / MIB).toBeLessThan(3);
  });
});
