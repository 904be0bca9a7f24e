import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

const FEDERATION_LINK = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key" "@requires" "@provides" "@external" "@shareable" "@override" "@interfaceObject" "@tag" "@inaccessible" "@context" "@fromContext"]
)`;

/** Schemas may leave the federation link out; it is the same everywhere. */
export function withFederation(typeDefs: string): string {
  return typeDefs.includes('specs.apollo.dev/federation') ? typeDefs : `${FEDERATION_LINK}\n${typeDefs}`;
}

export interface NamedSchema {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: string;
}

/** The supergraph SDL of some subgraphs; throws what composition complains of. */
export function composeSupergraph(subgraphs: readonly NamedSchema[]): string {
  const result = composeServices(
    subgraphs.map(({ name, url, typeDefs }) => ({ name, url, typeDefs: parse(withFederation(typeDefs)) })),
  );
  if (result.supergraphSdl === undefined) {
    throw new Error((result.errors ?? []).map(error => error.message).join('\n'));
  }
  return result.supergraphSdl;
}
