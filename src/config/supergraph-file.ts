import { z } from 'zod';
import { httpUrl } from './values.ts';

const schemaSource = z
  .strictObject({
    file: z.string().optional().describe('SDL file, relative to this one.'),
    subgraph_url: httpUrl.optional().describe('Running subgraph whose `_service { sdl }` is read.'),
    introspection_headers: z.record(z.string(), z.string()).default({}).describe('Headers of that request.'),
  })
  .refine(source => (source.file === undefined) !== (source.subgraph_url === undefined), {
    error: 'give either file or subgraph_url',
  });

const subgraphName = z.string().regex(/^[A-Za-z][\w-]*$/, {
  error: 'a name is a letter and then letters, digits, _ and -',
});

const subgraph = z.strictObject({
  routing_url: httpUrl.optional().describe('Where the gateway reaches the subgraph.'),
  schema: schemaSource,
});

/** `supergraph.yaml`, in the format that federation tools share. */
export const supergraphFile = z.strictObject({
  federation_version: z
    .union([z.string(), z.number()])
    .refine(version => !/^=?v?1\b/.test(String(version)), {
      error: 'Federation 1 is not supported; Weir composes with Federation 2',
    })
    .optional()
    .describe('Written by tools; Weir composes with Federation 2.'),
  subgraphs: z.record(subgraphName, subgraph),
});

export type SupergraphFile = z.output<typeof supergraphFile>;
