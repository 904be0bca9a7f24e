import type { JsonObject } from '../../shared/json.ts';
import { padded } from '../../shared/padded.ts';
import { addAgain, type CallCounts, pick, since } from './call-counts.ts';
import { countLeaves, quote, writeLeaf } from './leaf.ts';
import type { FieldCost, FieldShape, Inclusion, Leaf, ObjectShape, ValueShape } from './shape.ts';

/** Of an object that stands at several places: by shape id, the text it became, what it costs and, if any are, the calls that were counted. */
export type Memo = (string | number | readonly number[] | undefined)[];

/** What the generated code reads and writes while it projects one answer. */
export interface ProjectionRun {
  /** Coerced variables of the request. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Objects that stand at several places, each with the text it became, by shape id. */
  readonly shared: ReadonlyMap<object, Memo>;
  /** Whether strings must be looked at before they are written; see `SubgraphAnswer.hasEscapes`. */
  readonly hasEscapes: boolean;
  /** Set when something does not fit the schema; the text is then worthless and `careful.ts` takes over. */
  failed: boolean;
  /** Points of all that has been written; stays 0 where costs are not counted. */
  cost: number;
  /** Of `root.counters`. */
  readonly calls: CallCounts;
}

/** Writes `data` as JSON text. The path for answers in which everything fits. */
export type FastProjection = (data: JsonObject, run: ProjectionRun) => string;

/**
 * Turns a shape into JavaScript, one function for each selection set. Names in the source are GraphQL names
 * or JSON strings, so a document cannot inject code; no key is an inherited property (`response-keys.ts`).
 */
export function generateProjection(root: ObjectShape): FastProjection {
  const source = new Source(root.counters.length > 0 ? 3 : 2);
  const entry = source.object(root);
  const { leaves, argumentCosts, counters } = source;
  const counting = { counters, pick, since, addAgain };
  const environment = { quote, leaf: writeLeaf, leaves, countLeaves, argumentCosts, ...counting };
  const result =
    argumentCosts.length === 0
      ? entry
      : `(o, run) => { a = argumentCosts.map(cost => cost(run.variables)); return ${entry}(o, run); }`;
  const text = `"use strict";\n${PRELUDE}\nlet a;\n${source.text()}\nreturn ${result};`;
  const build = new Function('env', padded(text));
  return build(environment) as FastProjection;
}

const PRELUDE = `const { quote, leaf, leaves, countLeaves, argumentCosts, counters, pick, since, addAgain } = env;
function fail(run) { run.failed = true; return "null"; }
function other(value, run, kind) {
  if (value === null || value === undefined) return "null";
  const text = leaf(kind, value);
  return text === undefined ? fail(run) : text;
}
function strict(value, run, kind) {
  if (value === null || value === undefined) return fail(run);
  const text = leaf(kind, value);
  return text === undefined ? fail(run) : text;
}`;

/** Source text. */
interface Memory {
  before: string;
  note: string;
  recall: string;
}

class Source {
  readonly leaves: Leaf[] = [];
  readonly argumentCosts: NonNullable<FieldCost['argument']>[] = [];
  readonly counters: (readonly number[])[] = [];
  /** Places that a shape has in a memo. */
  readonly #stride: number;
  readonly #functions: string[] = [];
  readonly #objects = new Map<ObjectShape, string>();
  #lists = 0;

  constructor(stride: number) {
    this.#stride = stride;
  }

  text(): string {
    return this.#functions.join('\n');
  }

  /** Name of the function that writes objects of the shape. */
  object(shape: ObjectShape): string {
    const known = this.#objects.get(shape);
    if (known !== undefined) return known;
    const name = `object${shape.id}`;
    this.#objects.set(shape, name);
    const at = this.#stride * shape.id;
    const memo = this.#memo(shape, at);
    this.#functions.push(`function ${name}(o, run) {
  if (typeof o !== "object" || Array.isArray(o)) return fail(run);
  const memo = run.shared.size === 0 ? undefined : run.shared.get(o);
  if (memo !== undefined && memo[${at}] !== undefined) { ${memo.recall}return memo[${at}]; }
  const v = run.variables, e = run.hasEscapes;
  let t, s, x;
  ${memo.before}
  ${this.#body(shape)}
  if (memo !== undefined) { memo[${at}] = s; ${memo.note}}
  return s;
}`);
    return name;
  }

  /** What is counted of an object is counted again wherever else it stands. */
  #memo({ costs, counters }: ObjectShape, at: number): Memory {
    const memory: Memory = { before: '', note: '', recall: '' };
    if (costs.size > 0) {
      memory.before += 'const cost = run.cost; ';
      memory.note += `memo[${at + 1}] = run.cost - cost; `;
      memory.recall += `run.cost += memo[${at + 1}]; `;
    }
    if (counters.length > 0) {
      const mine = `counters[${this.counters.push(counters) - 1}]`;
      memory.before += `const calls = memo === undefined ? undefined : pick(run.calls, ${mine}); `;
      memory.note += `memo[${at + 2}] = since(run.calls, ${mine}, calls); `;
      memory.recall += `addAgain(run.calls, ${mine}, memo[${at + 2}]); `;
    }
    return memory;
  }

  #body(shape: ObjectShape): string {
    if (shape.untyped === null) {
      const [[type, fields] = ['', []]] = shape.variants;
      return this.#count(shape, type) + this.#fields(fields);
    }
    const cases = [...shape.variants].map(
      ([type, fields]) =>
        `case ${JSON.stringify(type)}: { ${this.#count(shape, type)}${this.#fields(fields)} break; }`,
    );
    return `switch (o.__typename) {
    ${cases.join('\n    ')}
    case undefined:
    case ${JSON.stringify(shape.untyped.typeName)}: { ${this.#count(shape, shape.untyped.typeName)}${this.#fields(shape.untyped.fields)} break; }
    default: return fail(run);
  }`;
  }

  #count({ costs }: ObjectShape, type: string): string {
    const cost = costs.get(type) ?? 0;
    return cost === 0 ? '' : `run.cost += ${cost}; `;
  }

  /** Counts that a field was called and what it costs beside the objects in it, wherever its text comes from. */
  #countsOf({ cost, source, counters }: FieldShape): string {
    const calls = counters.map(counter => `run.calls[${counter}]++; `).join('');
    if (cost === null) return calls;
    const leaf = cost.leaf === 0 ? '' : `run.cost += ${cost.leaf} * countLeaves(o.${source}); `;
    if (cost.argument === null) return calls + leaf;
    return `${calls}${leaf}run.cost += a[${this.argumentCosts.push(cost.argument) - 1}]; `;
  }

  #fields(fields: readonly FieldShape[]): string {
    const [first] = fields;
    if (first === undefined) return 's = "{}";';
    const statements: string[] = [];
    // With a field that is always there in front, every other one can begin with a comma.
    const leads = first.include === null && !first.omitNull;
    if (leads)
      statements.push(
        `${this.#countsOf(first)}s = ${JSON.stringify(`{${JSON.stringify(first.key)}:`)} + ${this.#read(first)};`,
      );
    else statements.push('s = "";');
    for (const field of leads ? fields.slice(1) : fields) {
      const name = JSON.stringify(`,${JSON.stringify(field.key)}:`);
      const write = field.omitNull
        ? `if ((x = ${this.#read(field)}) !== "null") s += ${name} + x;`
        : `s += ${name} + ${this.#read(field)};`;
      const counted = this.#countsOf(field) + write;
      statements.push(field.include === null ? counted : `if (${condition(field.include)}) { ${counted} }`);
    }
    statements.push(leads ? 's += "}";' : 's = "{" + s.slice(1) + "}";');
    return statements.join('\n  ');
  }

  #read(field: FieldShape): string {
    // Variables decide whether it is denied: rare enough to be left to the interpreter.
    if (field.denial !== null) return 'fail(run)';
    const { value } = field;
    if (field.denial !== null) return 'fail(run)';
    if (value.kind === 'typename' && value.name !== null) return JSON.stringify(JSON.stringify(value.name));
    return this.#value(value, `o.${field.source}`);
  }

  /** An expression for the text of a value; `t` is scratch. */
  #value(value: ValueShape, read: string): string {
    const absent = value.nonNull ? 'fail(run)' : '"null"';
    switch (value.kind) {
      case 'typename':
        return 'fail(run)';
      case 'denied':
        return absent;
      case 'leaf':
        return this.#leaf(value, read);
      case 'list':
        return `((t = ${read}) === null || t === undefined ? ${absent} : ${this.#list(value.of)}(t, run))`;
      case 'object':
        return `((t = ${read}) === null || t === undefined ? ${absent} : ${this.object(value.shape)}(t, run))`;
    }
  }

  #leaf(value: Extract<ValueShape, { kind: 'leaf' }>, read: string): string {
    const { kind } = value.leaf;
    const rest = `${value.nonNull ? 'strict' : 'other'}(t, run, leaves[${this.leaves.push(value.leaf) - 1}])`;
    if (kind === 'string' || kind === 'id')
      return `(typeof (t = ${read}) === "string" ? (e ? quote(t) : '"' + t + '"') : ${rest})`;
    if (kind === 'int') return `((t = ${read}) | 0) === t ? "" + t : ${rest}`.replace(/^(.*)$/s, '($1)');
    if (kind === 'boolean') return `((t = ${read}) === true ? "true" : t === false ? "false" : ${rest})`;
    return `(t = ${read}, ${rest})`;
  }

  #list(of: ValueShape): string {
    const name = `list${this.#lists++}`;
    this.#functions.push(`function ${name}(list, run) {
  if (!Array.isArray(list)) return fail(run);
  const e = run.hasEscapes;
  let t, s = "";
  for (let i = 0; i < list.length; i++) s += (i === 0 ? "" : ",") + ${this.#value(of, 'list[i]')};
  return "[" + s + "]";
}`);
    return name;
  }
}

function condition(inclusion: Exclude<Inclusion, null>): string {
  const any = inclusion.map(tests =>
    tests.map(test => `(v[${JSON.stringify(test.variable)}] === true) === ${test.equals}`).join(' && '),
  );
  return any.map(all => `(${all})`).join(' || ');
}
