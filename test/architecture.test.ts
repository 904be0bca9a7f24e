import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../src/telemetry/catalogue.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

interface Import {
  readonly to: string;
  readonly isTypeOnly: boolean;
}

interface SourceFile {
  /** Relative to src, as in `http/answer.ts`. */
  readonly name: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** From left to right; imports point left only. `errors.ts` is beside shared, `gateway.ts` after admin. */
const LEAVES = ['shared', 'errors', 'config', 'telemetry', 'storage', 'supergraph'];
const STAGES = ['http', 'identity', 'operation', 'policy', 'cache', 'execution'];
const ABOVE = ['registry', 'admin', 'gateway', 'cli', 'main'];

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
  .map(entry => read(join(entry.parentPath, entry.name)));

function read(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: Import[] = [];
  for (const statement of tree.statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
    const specifier = statement.moduleSpecifier;
    if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.'))
      continue;
    imports.push({
      to: relative(SRC, resolve(path, '..', specifier.text)),
      isTypeOnly: isTypeOnly(statement),
    });
  }
  for (const node of nodesIn(tree)) {
    const isImport = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const [specifier] = isImport ? node.arguments : [];
    if (specifier !== undefined && ts.isStringLiteral(specifier) && specifier.text.startsWith('.'))
      imports.push({ to: relative(SRC, resolve(path, '..', specifier.text)), isTypeOnly: false });
  }
  return { name: relative(SRC, path), text, tree, imports };
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  const clause = statement.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every(element => element.isTypeOnly)
  );
}

const areaOf = (name: string): string => name.split('/')[0]?.replace(/\.ts$/, '') ?? '';

/** Why an import may not be, or null. */
function offence(from: string, to: string, isType: boolean): string | null {
  const [a, b] = [areaOf(from), areaOf(to)];
  if (a === b) return null;
  const order = [...LEAVES, ...STAGES, ...ABOVE];
  if (!order.includes(a) || !order.includes(b)) return 'is not in a known folder';
  if (STAGES.includes(a) && STAGES.includes(b)) {
    if (order.indexOf(b) > order.indexOf(a)) return 'imports a stage to its right';
    return isType ? null : 'imports more than types from another stage';
  }
  return order.indexOf(b) > order.indexOf(a) ? 'imports to its right' : null;
}

function* functionsIn(node: ts.Node): Generator<ts.FunctionLikeDeclaration> {
  if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
    yield node as ts.FunctionLikeDeclaration;
  }
  for (const child of node.getChildren()) yield* functionsIn(child);
}

const lineOf = (tree: ts.SourceFile, position: number): number =>
  tree.getLineAndCharacterOfPosition(position).line;

describe('imports', () => {
  test('point left only', () => {
    const offences = files.flatMap(({ name, imports }) =>
      imports.flatMap(({ to, isTypeOnly }) => {
        const reason = offence(name, to, isTypeOnly);
        return reason === null ? [] : [`${name} ${reason}: ${to}`];
      }),
    );
    expect(offences).toEqual([]);
  });

  test('go in no circle, types included', () => {
    const graph = new Map(files.map(({ name, imports }) => [name, imports.map(({ to }) => to)]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (name: string, path: readonly string[]): void => {
      if (path.includes(name)) circles.push([...path.slice(path.indexOf(name)), name].join(' → '));
      if (done.has(name) || path.includes(name)) return;
      for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
      done.add(name);
    };
    for (const { name } of files) visit(name, []);
    expect(circles).toEqual([]);
  });

  test('come from the file that makes the thing: no barrels, no utils.ts, no types.ts', () => {
    const barrels = files.filter(
      ({ name, tree }) =>
        /(^|\/)(utils|types|index)\.ts$/.test(name) ||
        tree.statements.some(item => ts.isExportDeclaration(item) && item.moduleSpecifier !== undefined),
    );
    expect(barrels.map(({ name }) => name)).toEqual([]);
  });
});

test('each value that a file exports is used by another, of src or of what lies beside it', () => {
  const others = ['test', 'bench', 'scripts', 'subgraphs', 'policies'].flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && /\.m?[tj]s$/.test(entry.name))
      .filter(({ parentPath }) => !parentPath.includes('node_modules'))
      .map(({ parentPath, name }) => ({
        name,
        words: wordsIn(readFileSync(join(parentPath, name), 'utf8')),
      })),
  );
  const all = [...files.map(({ name, text }) => ({ name, words: wordsIn(text) })), ...others];
  const unused = files.flatMap(({ name, text }) =>
    [...text.matchAll(/^export (?:async )?(?:abstract )?(?:function\*?|const|class) (\w+)/gm)]
      .map(([, word = '']) => word)
      .filter(word => !all.some(other => other.name !== name && other.words.has(word)))
      .map(word => `${name}: ${word}`),
  );
  expect(unused).toEqual([]);
});

function wordsIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/\w+/g));
}

describe('budgets', () => {
  const lengths = files.map(({ name, text }) => ({ name, lines: text.trimEnd().split('\n').length }));
  const functions = files.flatMap(({ name, tree }) =>
    [...functionsIn(tree)].map(node => ({
      place: `${name}:${lineOf(tree, node.getStart()) + 1}`,
      lines: lineOf(tree, node.end) - lineOf(tree, node.getStart()) + 1,
      parameters: node.parameters.length,
    })),
  );

  test('no file is longer than 300 lines, and half of them not longer than 100', () => {
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(100);
  });

  test('no function is longer than 60 lines', () => {
    expect(functions.filter(({ lines }) => lines > 60)).toEqual([]);
  });

  test('no function has more than three parameters', () => {
    expect(functions.filter(({ parameters }) => parameters > 3)).toEqual([]);
  });

  test('no checker is silenced: no any, enum, default export or ignored error', () => {
    const offences = files.flatMap(({ name, tree, text }) => [
      ...(/@ts-(ignore|expect-error|nocheck)/.test(text) ? [`${name}: silenced`] : []),
      ...[...nodesIn(tree)].flatMap(node =>
        node.kind === ts.SyntaxKind.AnyKeyword || ts.isEnumDeclaration(node) || ts.isExportAssignment(node)
          ? [`${name}:${lineOf(tree, node.getStart()) + 1}`]
          : [],
      ),
    ]);
    expect(offences).toEqual([]);
  });

  test('between 8 and 15 lines in a hundred are comments', () => {
    const lines = files.flatMap(({ text }) => text.split('\n')).filter(line => line.trim() !== '');
    const comments = lines.filter(line => /^\s*(\/\/|\/\*|\*)/.test(line));
    expect(comments.length / lines.length).toBeGreaterThanOrEqual(0.08);
    expect(comments.length / lines.length).toBeLessThanOrEqual(0.15);
  });
});

function* nodesIn(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesIn(child);
}

test('docs/telemetry.md lists every metric and no other', () => {
  const page = readFileSync(join(ROOT, 'docs/telemetry.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual(
    Object.values(METRICS)
      .map(({ name }) => name)
      .sort(),
  );
});
