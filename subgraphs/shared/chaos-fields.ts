import {
  defaultFieldResolver,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import { type Chaos, type Disturbance, sitThrough } from './chaos.ts';

function eachField(schema: GraphQLSchema): [coordinate: string, field: GraphQLField<unknown, unknown>][] {
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(type => !type.name.startsWith('_'))
    .flatMap(type => Object.values(type.getFields()).map(field => ({ type, field })))
    .filter(({ field }) => !field.name.startsWith('_'))
    .map(({ type, field }) => [`${type.name}.${field.name}`, field]);
}

export function fieldCoordinates(schema: GraphQLSchema): ReadonlySet<string> {
  return new Set(eachField(schema).map(([coordinate]) => coordinate));
}

async function resolveDisturbed(disturbance: Disturbance, resolve: () => unknown): Promise<unknown> {
  await sitThrough(disturbance);
  if (disturbance.fault !== null)
    throw new GraphQLError('Broken on purpose', { extensions: { code: 'CHAOS' } });
  return resolve();
}

/** Puts chaos before every resolver of the schema. Only called where chaos is on: it costs a call per field. */
export function disturbFields(schema: GraphQLSchema, chaos: Chaos): void {
  for (const [coordinate, field] of eachField(schema)) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context, info) => {
      const disturbance = chaos.disturbField(coordinate);
      if (!disturbance) return resolve(source, args, context, info);
      return resolveDisturbed(disturbance, () => resolve(source, args, context, info));
    };
  }
}
