import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startThread } from '../../../src/execution/planners/host-port.ts';
import { PlanningHost } from '../../../src/execution/planners/planning-host.ts';
import { composeExample } from '../../support/monolith.ts';
import { startPlanner } from '../../support/plan-operation.ts';
import { plannable } from '../../support/plannable.ts';

const sources = new URL('../../../src/execution/planners/', import.meta.url);
// Inside the checkout, as the worker imports packages.
const folder = new URL(`../../../node_modules/.cache/weir-worker-${process.pid}/`, import.meta.url);

beforeAll(async () => {
  for (const file of await readdir(sources, { recursive: true })) {
    if (!file.endsWith('.ts')) continue;
    const { outputText } = ts.transpileModule(await readFile(new URL(file, sources), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const compiled = new URL(file.replace(/\.ts$/, '.js'), folder);
    await mkdir(new URL('.', compiled), { recursive: true });
    await writeFile(compiled, outputText);
  }
  await writeFile(new URL('package.json', folder), '{"type":"module"}');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the compiled worker makes the plan that is made in process', async () => {
  const query = '{ me { name reviews(first: 1) { text product { shippingEstimate } } } }';
  const sdl = composeExample();
  await using inProcess = await startPlanner('apollo', sdl);
  await using onThread = await startPlanner('apollo', sdl, new URL('apollo/apollo-worker.js', folder));
  expect(await onThread.print(query)).toBe(await inProcess.print(query));
});

test('an operation that the worker cannot plan fails alone', async () => {
  await using planning = await startPlanner(
    'apollo',
    composeExample(),
    new URL('apollo/apollo-worker.js', folder),
  );
  await expect(planning.planner.plan(plannable('{ nobody }'))).rejects.toMatchObject({
    code: 'INTERNAL_SERVER_ERROR',
  });
  await expect(planning.planner.plan(plannable('{ me { id } }'))).resolves.not.toBeNull();
});

test('a thread that thinks without end is stopped, and the next operation is planned by another', async () => {
  const entry = new URL('endless.js', folder);
  await writeFile(
    entry,
    `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ text }) => {
      for (;;) if (text !== 'endless') break;
      parentPort.postMessage({ kind: 'planned', plan: text });
    });
    parentPort.postMessage({ kind: 'ready' });`,
  );
  const start = () => startThread<string>(pathToFileURL(entry.pathname), '');
  const host = new PlanningHost<string>({ planner: 'endless', start, budgetMs: 200, idleMs: 1_000 });
  const endless = host.plan(plannable('endless'));
  const next = host.plan(plannable('short'));
  await expect(endless).rejects.toMatchObject({ code: 'DOCUMENT_LIMIT_EXCEEDED' });
  await expect(next).resolves.toBe('short');
  await host.close();
});
