import { z } from 'zod';
import { gatewayConfig } from './gateway-config.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** One line of the table in `docs/configuration.md`. */
export interface ConfigKey {
  /** Dotted; `<name>` stands for a key that the writer chooses. */
  readonly key: string;
  readonly type: string;
  /** As it would be written; null when there is none. */
  readonly default: string | null;
  readonly meaning: string;
}

/** JSON Schema (draft 2020-12) of what may be written in `gateway.yaml`. */
export function configJsonSchema(): JsonSchema {
  return {
    ...z.toJSONSchema(gatewayConfig, { io: 'input', unrepresentable: 'any' }),
    title: 'gateway.yaml of Weir',
  };
}

/** Every key of `gateway.yaml`, in the order of the schema. */
export function configKeys(): readonly ConfigKey[] {
  return [...keysBelow(configJsonSchema(), '')];
}

function* keysBelow(schema: JsonSchema, prefix: string): Generator<ConfigKey> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property === 'boolean') continue;
    yield* keyAndBelow(property, `${prefix}${name}`);
  }
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object' && additionalProperties.properties !== undefined) {
    yield* keysBelow(additionalProperties, `${prefix}<name>.`);
  }
}

function* keyAndBelow(schema: JsonSchema, key: string): Generator<ConfigKey> {
  const { additionalProperties: named } = schema;
  const hasKeys =
    schema.properties !== undefined || (typeof named === 'object' && named.properties !== undefined);
  yield {
    key,
    type: typeOf(schema),
    default:
      schema.default === undefined || schema.properties !== undefined ? null : JSON.stringify(schema.default),
    meaning: schema.description ?? '',
  };
  if (hasKeys) yield* keysBelow(schema, `${key}.`);
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf !== undefined) return schema.anyOf.map(one => typeOf(one as JsonSchema)).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${value}\``).join(', ');
  if (schema.type === 'array') return `list of ${typeOf((schema.items ?? {}) as JsonSchema)}`;
  if (schema.type === 'object' && schema.properties === undefined) {
    const { additionalProperties: value } = schema;
    return `map of ${typeof value === 'object' ? typeOf(value) : 'string'}`;
  }
  return String(schema.type ?? 'any');
}

/** The table of `docs/configuration.md`, as Markdown. */
export function configTable(): string {
  const rows = configKeys().map(({ key, type, default: written, meaning }) => {
    const cells = [`\`${key}\``, type, written === null ? '' : `\`${written}\``, meaning];
    return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
