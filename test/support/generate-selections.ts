import {
  doTypesOverlap,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { integer, pick } from '../../subgraphs/shared/random.ts';
import { type OperationDraft, writeArguments, writeCondition } from './generate-arguments.ts';
import { childScope, claim, type ResponseScope } from './response-scope.ts';

/** Where a selection set is written. */
export interface Place {
  readonly schema: GraphQLSchema;
  readonly type: GraphQLCompositeType;
  readonly scope: ResponseScope;
  /** How many levels of objects may follow. */
  readonly depth: number;
  /** How many objects of the answer this place stands for, roughly. */
  readonly rows: number;
}

type Field = GraphQLField<unknown, unknown>;

// Names of key fields and of fields that others require: gateways fetch those beside what clients ask for.
const ALIASES = [
  'id',
  'name',
  'price',
  'weight',
  'sku',
  'organization',
  'dimensions',
  'product',
  'a',
  'b',
  'c',
  'd',
];
// What a list without `first` is taken to hold.
const USUAL_LIST = 4;
const MOST_ROWS = 400;

function listFactor(type: GraphQLOutputType, first: number | null): number {
  if (isNonNullType(type)) return listFactor(type.ofType, first);
  if (!isListType(type)) return 1;
  return (first ?? USUAL_LIST) * listFactor(type.ofType, null);
}

function chooseField({ type, depth }: Place, draft: OperationDraft): Field | null {
  if (isUnionType(type)) return null;
  const fields = Object.values(type.getFields()).filter(
    field => depth > 0 || isLeafType(getNamedType(field.type)),
  );
  return fields.length === 0 ? null : pick(draft.random, fields);
}

function chooseAlias(field: Field, place: Place, draft: OperationDraft): string {
  const { random } = draft;
  if (random() < 0.7) return field.name;
  const alias = pick(random, ALIASES);
  // Beside another object, the next free letter keeps the same field twice with other arguments possible.
  return place.scope.entries.has(alias) ? `${alias}${place.scope.entries.size}` : alias;
}

function writeField(place: Place, draft: OperationDraft): string | null {
  const field = chooseField(place, draft);
  if (!field) return null;
  const { type, scope, rows } = place;
  const known = [draft.definitions.length, { ...draft.values }] as const;
  const written = writeArguments(field.args, `${type.name}.${field.name}`, draft);
  const name = chooseAlias(field, place, draft);
  const inner = getNamedType(field.type);
  const grown = rows * listFactor(field.type, written.first);
  const entry = {
    parent: type.name,
    parentIsObject: isObjectType(type),
    signature: field.name + written.text,
    type: String(field.type),
    isLeaf: isLeafType(inner),
  };
  const tooLarge = isCompositeType(inner) && (grown > MOST_ROWS || grown > draft.rowsLeft);
  if (tooLarge || !claim(scope, name, entry)) {
    // Variables of a field that is not written would be unused, which is an error.
    draft.definitions.length = known[0];
    for (const key of Object.keys(draft.values)) if (!(key in known[1])) delete draft.values[key];
    return null;
  }
  const head = `${name === field.name ? '' : `${name}: `}${field.name}${written.text}${writeCondition(draft)}`;
  if (!isCompositeType(inner)) return head;
  draft.rowsLeft -= grown;
  const child = {
    ...place,
    type: inner,
    scope: childScope(scope, name),
    depth: place.depth - 1,
    rows: grown,
  };
  return `${head} ${writeSelections(child, draft)}`;
}

function conditionTypes({ schema, type }: Place): GraphQLCompositeType[] {
  // On a union there is only __typename to ask an object for, so an object is looked at as others instead.
  return Object.values(schema.getTypeMap())
    .filter(isCompositeType)
    .filter(other => !isUnionType(other) || !isObjectType(type))
    .filter(other => !other.name.startsWith('__') && doTypesOverlap(schema, type, other));
}

function writeInlineFragment(place: Place, draft: OperationDraft): string {
  const { random } = draft;
  if (random() < 0.2)
    return `...${writeCondition(draft)} ${writeSelections({ ...place, depth: place.depth - 1 }, draft)}`;
  const type = pick(random, conditionTypes(place));
  const selections = writeSelections({ ...place, type, depth: place.depth - 1 }, draft);
  return `... on ${type.name}${writeCondition(draft)} ${selections}`;
}

function writeSpread(place: Place, draft: OperationDraft): string {
  const { random, fragments } = draft;
  const types = conditionTypes(place);
  const known = fragments.filter(
    ({ on, rows }) => rows >= place.rows && types.some(type => type.name === on),
  );
  // Whether a fragment merges here as well is for validation to say: see generateOperations.
  if (known.length > 0 && random() < 0.4) return `...${pick(random, known).name}${writeCondition(draft)}`;
  const type = pick(random, types);
  const selections = writeSelections({ ...place, type, depth: place.depth - 1 }, draft);
  const name = `${draft.name}_F${fragments.length + 1}`;
  fragments.push({
    name,
    on: type.name,
    rows: place.rows,
    text: `fragment ${name} on ${type.name} ${selections}`,
  });
  return `...${name}${writeCondition(draft)}`;
}

function writeSelection(place: Place, draft: OperationDraft): string | null {
  const dice = draft.random();
  if (dice < 0.06) return '__typename';
  const mayNest = place.depth > 0;
  const fragmentShare = isObjectType(place.type) ? 0.2 : 0.55;
  if (!mayNest || dice > fragmentShare) return writeField(place, draft);
  return dice < fragmentShare * 0.6 ? writeInlineFragment(place, draft) : writeSpread(place, draft);
}

/** Writes `{ … }` with at least one selection in it. */
export function writeSelections(place: Place, draft: OperationDraft): string {
  const count = integer(draft.random, 1, 6);
  const selections = Array.from({ length: count }, () => writeSelection(place, draft)).filter(
    text => text !== null,
  );
  return `{ ${selections.length === 0 ? '__typename' : selections.join(' ')} }`;
}
