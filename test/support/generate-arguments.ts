import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLLeafType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  print,
} from 'graphql';
import { integer, pick, type Random } from '../../subgraphs/shared/random.ts';

/**
 * Values to draw from, by coordinate (`Query.user.id`, `OrderFilter.userIds`) or by argument name (`first`).
 * An argument that has samples is always given and never null, which is what keeps answers small.
 */
export type Samples = Readonly<Record<string, readonly (string | number | boolean)[]>>;

/** What one operation gathers while it is written. */
export interface OperationDraft {
  readonly random: Random;
  readonly samples: Samples;
  readonly definitions: string[];
  readonly values: Record<string, unknown>;
  readonly fragments: {
    readonly name: string;
    readonly on: string;
    readonly rows: number;
    readonly text: string;
  }[];
  readonly name: string;
  /** How many objects the answer may still grow by, roughly. */
  rowsLeft: number;
}

export interface Slot {
  readonly type: GraphQLInputType;
  readonly coordinate: string;
  readonly hasDefault: boolean;
}

export interface WrittenArguments {
  readonly text: string;
  /** The value of `first`, or null without one. */
  readonly first: number | null;
}

function samplesFor(coordinate: string, { samples }: OperationDraft): Samples[string] | undefined {
  return samples[coordinate] ?? samples[coordinate.slice(coordinate.lastIndexOf('.') + 1)];
}

function leafValue(type: GraphQLLeafType, random: Random): unknown {
  if (isEnumType(type)) return pick(random, type.getValues()).name;
  switch (type.name) {
    case 'Int':
      return integer(random, 1, 5);
    case 'Float':
      return integer(random, 0, 20_000) / 100;
    case 'Boolean':
      return random() < 0.5;
    case 'DateTime':
      return `2024-0${integer(random, 1, 7)}-15T12:00:00.000Z`;
    default:
      return pick(random, ['a', 'e', '1', 'quote " and \\ slash', 'ünïcode']);
  }
}

function jsonOf({ type, coordinate }: Slot, draft: OperationDraft): unknown {
  const { random } = draft;
  const samples = samplesFor(coordinate, draft);
  if (isNonNullType(type)) return jsonOf({ type: type.ofType, coordinate, hasDefault: true }, draft);
  if (isListType(type)) {
    const element = { type: type.ofType, coordinate, hasDefault: false };
    return Array.from({ length: integer(random, 0, 3) }, () => jsonOf(element, draft));
  }
  if (isInputObjectType(type)) {
    const entries = Object.values(type.getFields()).flatMap(field => {
      const slot = slotOf(field, type.name);
      return isOmitted(slot, draft) ? [] : [[field.name, jsonOrNull(slot, draft)] as const];
    });
    return Object.fromEntries(entries);
  }
  return samples ? pick(random, samples) : leafValue(type, random);
}

function jsonOrNull(slot: Slot, draft: OperationDraft): unknown {
  const nullable = !isNonNullType(slot.type) && !samplesFor(slot.coordinate, draft);
  return nullable && draft.random() < 0.12 ? null : jsonOf(slot, draft);
}

function slotOf(input: GraphQLArgument | GraphQLInputField, owner: string): Slot {
  return {
    type: input.type,
    coordinate: `${owner}.${input.name}`,
    hasDefault: input.defaultValue !== undefined,
  };
}

function isOmitted(slot: Slot, draft: OperationDraft): boolean {
  if (samplesFor(slot.coordinate, draft)) return false;
  return (!isNonNullType(slot.type) || slot.hasDefault) && draft.random() < 0.5;
}

function literal(json: unknown, type: GraphQLInputType): string {
  const node = astFromValue(json, type);
  return node ? print(node) : 'null';
}

/** Defines a variable for the slot: given, defaulted, both, null, or left out where that is allowed. */
function writeVariable(slot: Slot, draft: OperationDraft): string {
  const { definitions, values, random } = draft;
  const name = `v${definitions.length + 1}`;
  const { type } = slot;
  const json = jsonOrNull(slot, draft);
  const way = random();
  if (way < 0.3 && json !== null) {
    // A default that is not null lets a nullable variable stand where null may not.
    const nullable = isNonNullType(type) ? type.ofType : type;
    definitions.push(`$${name}: ${nullable} = ${literal(json, nullable)}`);
    if (way < 0.1) values[name] = jsonOf(slot, draft);
    return `$${name}`;
  }
  definitions.push(`$${name}: ${type}`);
  const mayBeLeftOut = !isNonNullType(type) && !samplesFor(slot.coordinate, draft);
  if (!mayBeLeftOut || way < 0.9) values[name] = json;
  return `$${name}`;
}

/** Writes a value in place, or a variable at any depth of it. */
function writeValue(slot: Slot, draft: OperationDraft): string {
  const { type, coordinate } = slot;
  const { random } = draft;
  if (random() < 0.35) return writeVariable(slot, draft);
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner) && random() < 0.7) {
    const element = { type: inner.ofType, coordinate, hasDefault: false };
    return `[${Array.from({ length: integer(random, 0, 3) }, () => writeValue(element, draft)).join(', ')}]`;
  }
  if (isInputObjectType(inner)) {
    const fields = Object.values(inner.getFields()).flatMap(field => {
      const fieldSlot = slotOf(field, inner.name);
      return isOmitted(fieldSlot, draft) ? [] : [`${field.name}: ${writeValue(fieldSlot, draft)}`];
    });
    return `{${fields.join(', ')}}`;
  }
  return literal(jsonOrNull(slot, draft), type);
}

/** Writes the arguments of one field, `owner` being `Type.field`. */
export function writeArguments(
  args: readonly GraphQLArgument[],
  owner: string,
  draft: OperationDraft,
): WrittenArguments {
  let first: number | null = null;
  const texts = args.flatMap(argument => {
    const slot = slotOf(argument, owner);
    if (isOmitted(slot, draft)) return [];
    const text = writeValue(slot, draft);
    // The largest sample stands for a variable: its value may be another on the next run.
    if (argument.name === 'first')
      first = Number(text) || Math.max(...(samplesFor(slot.coordinate, draft) ?? [5]).map(Number));
    return [`${argument.name}: ${text}`];
  });
  return { text: texts.length === 0 ? '' : `(${texts.join(', ')})`, first };
}

/** `@skip` or `@include`, by literal or variable; mostly nothing. */
export function writeCondition(draft: OperationDraft): string {
  const { random, definitions, values } = draft;
  if (random() > 0.12) return '';
  const directive = random() < 0.5 ? 'skip' : 'include';
  // Mostly in favour of the field, so that answers do not thin out.
  const condition = (directive === 'include') === random() < 0.7;
  if (random() < 0.5) return ` @${directive}(if: ${condition})`;
  const name = `v${definitions.length + 1}`;
  definitions.push(random() < 0.3 ? `$${name}: Boolean = ${condition}` : `$${name}: Boolean!`);
  if (definitions.at(-1)?.endsWith('!')) values[name] = condition;
  return ` @${directive}(if: $${name})`;
}
