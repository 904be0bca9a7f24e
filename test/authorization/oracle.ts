import {
  buildASTSchema,
  type DocumentNode,
  type ExecutionResult,
  executeSync,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  print,
  printSchema,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** Scopes by coordinate, `Type` or `Type.field`. */
export type Guards = ReadonlyMap<string, string>;

/** Whether a caller lacks something for a field as selected on a type. */
export type Lacks = (typeName: string, fieldName: string) => boolean;

interface LackingInput {
  readonly schema: GraphQLSchema;
  readonly guards: Guards;
  /** Field → fields that its value is computed from. */
  readonly requires: ReadonlyMap<string, readonly string[]>;
  readonly scopes: ReadonlySet<string>;
}

/** What docs/authorization.md says of directives, written down a second time. */
export function lackingOf({ schema, guards, requires, scopes }: LackingInput): Lacks {
  const isClosed = (coordinate: string): boolean => {
    const scope = guards.get(coordinate);
    return scope !== undefined && !scopes.has(scope);
  };
  const placesOf = (typeName: string): string[] => {
    const type = schema.getType(typeName);
    return isAbstractType(type)
      ? [typeName, ...schema.getPossibleTypes(type).map(({ name }) => name)]
      : [typeName];
  };
  const isClosedAt = (typeName: string, fieldName: string): boolean => {
    const type = schema.getType(typeName);
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName] : undefined;
    const returned = field === undefined ? '' : getNamedType(field.type).name;
    return [typeName, `${typeName}.${fieldName}`, returned].some(isClosed);
  };
  const isComputedFromClosed = (typeName: string, fieldName: string): boolean => {
    const type = schema.getType(typeName);
    const wider = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : [];
    return [typeName, ...wider.map(({ name }) => name)]
      .flatMap(name => requires.get(`${name}.${fieldName}`) ?? [])
      .some(coordinate => {
        const [readType = '', readField = ''] = coordinate.split('.');
        return placesOf(readType).some(place => isClosedAt(place, readField));
      });
  };
  return (typeName, fieldName) =>
    placesOf(typeName).some(place => isClosedAt(place, fieldName) || isComputedFromClosed(place, fieldName));
}

/** The client's names cannot be this one. */
const TYPE_KEY = 'oracleTypeName';

/** The operation with the type of every object asked for, too: an oracle cannot know it otherwise. */
export function withTypeNames(query: string): string {
  const typeName: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: TYPE_KEY },
    name: { kind: Kind.NAME, value: '__typename' },
  };
  return print(
    visit(parse(query), {
      SelectionSet: set => ({ ...set, selections: [...set.selections, typeName] }),
    }),
  );
}

interface OracleInput {
  readonly schema: GraphQLSchema;
  readonly operation: {
    readonly query: string;
    readonly variables: Readonly<Record<string, unknown>>;
    readonly operationName: string;
  };
  /** `data` of the answer to {@link withTypeNames} for somebody who may see everything. */
  readonly full: unknown;
  readonly lacks: Lacks;
}

/**
 * What graphql-js makes of the full answer when denied fields are errors: null propagation is its own. A leaf
 * is denied where each selection of it is, an object where any is, as it would lack some of its fields.
 */
export function filteredAnswer({ schema, operation, full, lacks }: OracleInput): ExecutionResult {
  const document = parse(operation.query);
  const plain = buildASTSchema(parse(printSchema(schema)));
  const denied = deniedNodes(plain, document, lacks);
  return executeSync({
    schema: plain,
    document,
    variableValues: operation.variables,
    operationName: operation.operationName,
    rootValue: full,
    fieldResolver(source, _args, _context, { fieldNodes, path }) {
      const isComposite = fieldNodes.some(({ selectionSet }) => selectionSet !== undefined);
      const isDenied = isComposite
        ? fieldNodes.some(node => denied.has(node))
        : fieldNodes.every(node => denied.has(node));
      if (isDenied) throw new GraphQLError('denied');
      return (source as Record<string, unknown>)[path.key];
    },
    typeResolver: value => (value as Record<string, string>)[TYPE_KEY],
  });
}

function deniedNodes(schema: GraphQLSchema, document: DocumentNode, lacks: Lacks): ReadonlySet<FieldNode> {
  const denied = new Set<FieldNode>();
  const info = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(info, {
      Field(node) {
        const parent = info.getParentType();
        if (parent && !node.name.value.startsWith('__') && lacks(parent.name, node.name.value))
          denied.add(node);
      },
    }),
  );
  return denied;
}
