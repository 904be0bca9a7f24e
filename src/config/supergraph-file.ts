import { z } from 'zod';
import { httpUrl, someTimeLimit } from './values.ts';

function isGiven(value: string | undefined): boolean {
  return value !== undefined;
}

const schemaSource = z
  .strictObject({
    file: z.string().optional().describe('SDL file, relative to this one.'),
    sdl: z.string().optional().describe('The SDL itself.'),
    subgraph_url: httpUrl.optional().describe('Running subgraph whose `_service { sdl }` is read.'),
    introspection_headers: z.record(z.string(), z.string()).default({}).describe('Headers of that request.'),
  })
  .refine(({ file, sdl, subgraph_url }) => [file, sdl, subgraph_url].filter(isGiven).length === 1, {
    error: 'give one of file, sdl and subgraph_url',
  });

const subgraphName = z.string().regex(/^[A-Za-z][\w-]*$/, {
  error: 'a name is a letter and then letters, digits, _ and -',
});

const subgraph = z.strictObject({
  routing_url: httpUrl.optional().describe('Where the gateway reaches the subgraph.'),
  schema: schemaSource,
});

const atLeastASecond = someTimeLimit.refine(ms => ms >= 1000, { error: 'is shorter than 1s' });

/** Who asks with a credential in the URL is refused by `fetch`, with the credential in the error. */
const publishedUrl = httpUrl.refine(url => !/^https?:\/\/[^/?#]*@/i.test(url), {
  error: 'has a user or a password in it; give them as a header',
});

/** Of a supergraph that a registry composes. */
const publishedSupergraph = z.strictObject({
  url: z
    .union([publishedUrl, z.array(publishedUrl).min(1)])
    .transform(urls => (typeof urls === 'string' ? [urls] : urls))
    .describe('Where its SDL is; of a list, the next one is asked where one gives none.'),
  headers: z.record(z.string(), z.string()).default({}).describe('Headers of that request.'),
  poll_interval: atLeastASecond.prefault('10s').describe('How long until it is asked again.'),
});

export type PublishedSupergraph = z.output<typeof publishedSupergraph>;

/** `supergraph.yaml`, in the format that federation tools share. */
export const supergraphFile = z
  .strictObject({
    federation_version: z
      .union([z.string(), z.number()])
      .refine(version => !/^=?v?1\b/.test(String(version)), {
        error: 'Federation 1 is not supported; Weir composes with Federation 2',
      })
      .optional()
      .describe('Written by tools; Weir composes with Federation 2.'),
    subgraphs: z.record(subgraphName, subgraph).optional().describe('What composes.'),
    supergraph: publishedSupergraph
      .optional()
      .describe('Instead of `subgraphs`: one that is composed already.'),
  })
  .refine(file => (file.subgraphs === undefined) !== (file.supergraph === undefined), {
    error: 'give either subgraphs, which are composed, or supergraph, which is composed already',
  });

export type SupergraphFile = z.output<typeof supergraphFile>;
export type SubgraphEntry = NonNullable<SupergraphFile['subgraphs']>[string];
