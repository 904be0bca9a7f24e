import { type GraphQLSchema, parse } from 'graphql';
import type { Persona } from '../config/resolve-personas.ts';
import { filterSchema } from '../supergraph/contract/filter-schema.ts';
import { apiSchemaOf } from '../supergraph/supported-features.ts';
import { CliError } from './cli-error.ts';
import { sourceOf } from './settings.ts';

/** What a persona sees of a supergraph. @throws CliError where its contract leaves nothing that works */
export type SchemaOf = (persona: Persona) => GraphQLSchema;

/** @param path of a supergraph.yaml or of SDL. @throws Error that says what keeps it from being read */
export async function readPersonaSchemas(path: string | undefined): Promise<SchemaOf> {
  const { outcome } = await sourceOf(path, process.env).read();
  if (outcome.kind === 'failed') throw outcome.error;
  const apiSchema = apiSchemaOf(outcome.sdl);
  const document = parse(outcome.sdl);
  return persona => {
    try {
      return filterSchema({ document, apiSchema }, persona.contract);
    } catch (cause) {
      throw new CliError(`personas.${persona.name}.contract: ${(cause as Error).message}`, cause);
    }
  };
}
