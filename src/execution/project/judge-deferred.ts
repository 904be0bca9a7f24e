import { ERROR_CATALOGUE } from '../../errors.ts';
import type { DeferredFields, DeferredVerdict, ObjectView } from '../../http/bound-operation.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import type { FailureLog } from '../run/failures.ts';
import { lostAt } from './denial.ts';
import { fieldsFor } from './runtime-type.ts';
import { type FieldShape, isIncluded, type ObjectShape, type ValueShape } from './shape.ts';

interface DeferredInput {
  readonly shape: ObjectShape;
  readonly data: JsonObject;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly failures: FailureLog;
  readonly deferred: DeferredFields;
  /** Names of fields that were fetched under their own name and without arguments. */
  readonly readable: ReadonlySet<string>;
}

interface Question {
  readonly holder: JsonObject;
  readonly field: FieldShape;
  readonly typeName: string;
}

/** Objects judged at a time: a rule may be about thousands of them, and may itself ask somebody. */
const AT_ONCE = 500;

interface Refusal extends Question {
  readonly message: string;
}

/**
 * Decides the fields that only their objects decide about, and takes out what is denied, before anything is
 * printed. An object that stands at several places is judged once. Nothing goes before all is decided: a rule
 * that reads a field which another one denies would take the null in its place for the value.
 */
export async function judgeDeferred(input: DeferredInput): Promise<void> {
  const questions = new QuestionList(input).ask();
  const refusals: Refusal[] = [];
  for (let start = 0; start < questions.length; start += AT_ONCE) {
    const asked = questions.slice(start, start + AT_ONCE);
    const decided = await Promise.all(asked.map(question => refusalOf(question, input)));
    refusals.push(...decided.filter(refusal => refusal !== null));
  }
  for (const { holder, field, message } of refusals) {
    holder[field.source] = null;
    const failure = { code: 'UNAUTHORIZED_FIELD', message, subgraph: null, extensions: {} } as const;
    input.failures.anchor(failure, holder, [field.source]);
  }
}

async function refusalOf(question: Question, input: DeferredInput): Promise<Refusal | null> {
  const { holder, field, typeName } = question;
  const { deferred } = input;
  const view: ObjectView = { typeName, fields: viewOf(holder, input) };
  const verdicts = await Promise.all(field.checks.map(check => deferred.judge(check, view)));
  const refusal: DeferredVerdict | undefined = verdicts.find(({ isAllowed }) => !isAllowed);
  if (refusal === undefined) return null;
  return { ...question, message: refusal.message ?? ERROR_CATALOGUE.UNAUTHORIZED_FIELD.message };
}

/** Walks the data along its shape; places without deferred fields below them are not entered. */
class QuestionList {
  readonly #input: DeferredInput;
  readonly #questions: Question[] = [];
  readonly #seen = new Map<ObjectShape, Set<object>>();
  readonly #concerned = new Map<ObjectShape, boolean>();

  constructor(input: DeferredInput) {
    this.#input = input;
  }

  ask(): readonly Question[] {
    this.#object(this.#input.shape, this.#input.data);
    return this.#questions;
  }

  #object(shape: ObjectShape, value: Json | undefined): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    if (!this.#isConcerned(shape)) return;
    const seen = this.#seen.get(shape) ?? new Set();
    if (seen.has(value)) return;
    this.#seen.set(shape, seen.add(value));
    for (const field of fieldsFor(shape, value) ?? []) {
      const { variables } = this.#input;
      if (!isIncluded(field.include, variables)) continue;
      if (field.denial !== null && lostAt(field.denial, variables) !== null) continue;
      if (field.checks.length > 0) {
        this.#questions.push({ holder: value, field, typeName: typeNameOf(shape, value) });
      }
      this.#value(field.value, value[field.source]);
    }
  }

  #value(shape: ValueShape, value: Json | undefined): void {
    if (shape.kind === 'object') this.#object(shape.shape, value);
    if (shape.kind === 'list' && Array.isArray(value)) for (const item of value) this.#value(shape.of, item);
  }

  #isConcerned(shape: ObjectShape): boolean {
    const known = this.#concerned.get(shape);
    if (known !== undefined) return known;
    const fields = [...shape.variants.values(), shape.untyped?.fields ?? []].flat();
    const concerned = fields.some(field => field.checks.length > 0 || this.#isConcernedBelow(field.value));
    this.#concerned.set(shape, concerned);
    return concerned;
  }

  #isConcernedBelow(shape: ValueShape): boolean {
    if (shape.kind === 'object') return this.#isConcerned(shape.shape);
    return shape.kind === 'list' && this.#isConcernedBelow(shape.of);
  }
}

function typeNameOf({ variants, untyped }: ObjectShape, value: JsonObject): string {
  const named = value['__typename'];
  if (untyped !== null) return typeof named === 'string' ? named : untyped.typeName;
  const [only = ''] = variants.keys();
  return only;
}

type Reading = Pick<DeferredInput, 'readable' | 'failures'>;

/**
 * An object as a rule sees it: by the names of the schema, read-only. What was not fetched under its own name, or
 * could not be, throws, so that a rule never takes something that is missing, or another field's value, for an
 * answer.
 */
function viewOf(object: object, reading: Reading): object {
  const { readable, failures } = reading;
  const refuse = (): never => {
    throw new TypeError('A rule changed the object that it judges.');
  };
  return new Proxy(object, {
    get(target, name) {
      if (typeof name === 'symbol') return Array.isArray(target) ? Reflect.get(target, name) : undefined;
      // Whoever awaits an object asks it for this.
      if (name === 'then' && !Object.hasOwn(target, name)) return undefined;
      const isList = Array.isArray(target);
      if (failures.at(target, isList ? Number(name) : name).length > 0) {
        throw new TypeError(`The rule reads ${name}, which its subgraph could not give.`);
      }
      if (isList) return viewOfValue(Reflect.get(target, name), reading);
      if (!Object.hasOwn(target, name) || !readable.has(name)) {
        throw new TypeError(`The rule reads ${name}, which was not fetched: name it in the rule's fragment.`);
      }
      return viewOfValue((target as JsonObject)[name], reading);
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
  });
}

function viewOfValue(value: unknown, reading: Reading): unknown {
  return typeof value === 'object' && value !== null ? viewOf(value, reading) : value;
}
