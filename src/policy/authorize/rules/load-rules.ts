import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { GraphQLSchema } from 'graphql';
import { ConfigError } from '../../../config/parse.ts';
import { describeFailure } from '../../../shared/describe-failure.ts';
import { nearest } from '../../../shared/nearest.ts';
import type { Compilation } from './compilation.ts';
import { compileRule, isShieldRule } from './compile-rule.ts';
import { messageOf } from './outcome.ts';
import { readRuleTree } from './read-rule-tree.ts';
import type { RulePlan } from './rule-plan.ts';

/** The rules of one module, read against one schema. Immutable. */
export interface RuleSet {
  /** By coordinate, as in `User.email`, and of object types only. A field that is not in it is allowed. */
  readonly fields: ReadonlyMap<string, RulePlan>;
  /** By the name that `@policy` refers to. */
  readonly policies: ReadonlyMap<string, RulePlan>;
  /** What a client is told where a rule denies without a message of its own. */
  readonly deniedMessage: string;
  /** Whether clients are shown what a rule threw. */
  readonly showFailures: boolean;
}

type Exports = Readonly<Record<string, unknown>>;

const EXPORTS = ['permissions', 'default', 'options', 'policies'];
const OPTIONS = ['fallbackRule', 'fallbackError', 'debug'];

/** Options that shield has for what a gateway has not. */
const SENSELESS: Readonly<Record<string, string>> = {
  allowExternalErrors: 'there are no resolvers here; errors of subgraphs are none of the rules’ business',
  hashFunction: 'results of cached rules are kept by the identity of the rule and all of its arguments',
};

/**
 * Imports the module afresh, with all it imports by relative paths, so that a reload sees every edit.
 * @throws ConfigError with all that is wrong in it.
 */
export async function loadRules(file: string, schema: GraphQLSchema): Promise<RuleSet> {
  const exports = await importRules(file);
  const compilation: Compilation = { schema, problems: [], known: new Map() };
  const { problems } = compilation;
  checkExports(exports, problems);
  const options = asRecord(exports['options'], 'options', problems);
  const fields = readRuleTree(
    { permissions: exports['permissions'] ?? exports['default'], fallbackRule: options['fallbackRule'] },
    compilation,
  );
  const policies = new Map(
    Object.entries(asRecord(exports['policies'], 'policies', problems)).map(
      ([name, rule]) => [name, compileRule(rule, `policies.${name}`, compilation)] as const,
    ),
  );
  const ruleSet = { fields, policies, ...readOptions(options, problems) };
  if (problems.length > 0) throw new ConfigError(file, problems);
  return Object.freeze(ruleSet);
}

async function importRules(file: string): Promise<Exports> {
  const path = resolve(file);
  await access(path).catch((cause: unknown) => {
    throw new ConfigError(`${file} (policy.authorization.rules)`, [describeFailure(cause)]);
  });
  // Only for those who have rules: a transpiler and a validation library are in these two.
  const { createJiti } = await import('jiti');
  const shield: unknown = createRequire(import.meta.url)('graphql-shield');
  const jiti = createJiti(path, {
    moduleCache: false,
    // Transpiled code is never taken from a temporary folder, where somebody else may have put it.
    fsCache: false,
    interopDefault: false,
    // Rules need not have shield beside them, so that a gateway that is installed globally can load them.
    virtualModules: { 'graphql-shield': shield },
  });
  let module: unknown;
  try {
    module = await jiti.import(path);
  } catch (error) {
    throw new ConfigError(file, [`it cannot be loaded: ${withoutStack(describeFailure(error))}`]);
  }
  if (isShieldRule(module)) return { permissions: module };
  return typeof module === 'object' && module !== null ? (module as Exports) : { default: module };
}

/** Node lists who asked for a module that it has not found, a line each. */
function withoutStack(message: string): string {
  return message.replace(/\nRequire stack:[\s\S]*$/, '');
}

/** Helpers may be exported, too; but a tree under a misspelt name would be rules that nobody asks. */
function checkExports(exports: Exports, problems: string[]): void {
  const names = Object.keys(exports);
  for (const name of names.filter(other => !EXPORTS.includes(other))) {
    const meant = nearest(name, EXPORTS);
    if (meant !== undefined) problems.push(`${name}: no such export; did you mean "${meant}"?`);
  }
  const { permissions, default: other } = exports;
  if (permissions !== undefined && other !== undefined && permissions !== other) {
    problems.push('both "permissions" and another default export are there; keep one of them');
  }
  if (!['permissions', 'default', 'policies'].some(name => exports[name] !== undefined)) {
    problems.push('nothing is exported that holds rules; export "permissions" or "policies"');
  }
}

function readOptions(options: Exports, problems: string[]): Pick<RuleSet, 'deniedMessage' | 'showFailures'> {
  for (const name of Object.keys(options).filter(other => !OPTIONS.includes(other))) {
    const meant = nearest(name, OPTIONS);
    const reason = Object.hasOwn(SENSELESS, name)
      ? `has no meaning in a gateway: ${SENSELESS[name]}`
      : `no such option; ${meant === undefined ? `there are ${OPTIONS.join(', ')}` : `did you mean "${meant}"?`}`;
    problems.push(`options.${name}: ${reason}`);
  }
  const { fallbackError = 'Not Authorised!', debug = false } = options;
  const message = messageOf(fallbackError);
  if (message === null) problems.push('options.fallbackError: write a text or an Error');
  if (typeof debug !== 'boolean') problems.push('options.debug: write true or false');
  return { deniedMessage: message ?? '', showFailures: debug === true };
}

function asRecord(value: unknown, place: string, problems: string[]): Exports {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !isShieldRule(value)) return value as Exports;
  problems.push(`${place}: write an object`);
  return {};
}
