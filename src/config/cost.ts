import { z } from 'zod';
import { count } from './values.ts';

/** The largest GraphQL Int: what is counted can be told to every client, and stops here. */
export const MAX_COST = 2_147_483_647;

const points = z.number().int().min(0).max(MAX_COST);

const mode = z.enum(['off', 'measure', 'enforce']);

const weights = z.record(
  z.string().regex(/^\w+(\.\w+(\(\w+:\))?)?$/, {
    error: 'a coordinate is Type, Type.field, Type.field(argument:) or Input.field',
  }),
  points,
);

const listSize = z.strictObject({
  assumedSize: points.optional().describe('How long the list is when nothing else says so.'),
  slicingArguments: z
    .array(z.string().min(1))
    .optional()
    .describe('Arguments that say how long the list may be; dotted paths reach into input objects.'),
  sizedFields: z
    .array(z.string().min(1))
    .optional()
    .describe('Fields of the returned object that hold the list.'),
  requireOneSlicingArgument: z
    .boolean()
    .optional()
    .describe('Whether an operation must give exactly one of the slicing arguments.'),
});

const listSizes = z.record(
  z.string().regex(/^\w+\.\w+$/, { error: 'the coordinate of a list is Type.field' }),
  listSize,
);

/** What a persona or a tier may say about cost; absent: as `policy.cost` does. */
export const costCeiling = z.strictObject({
  mode: mode.optional().describe('As in `policy.cost.mode`.'),
  max: count.max(MAX_COST).optional().describe('The most that one operation may cost.'),
  weights: weights.optional().describe('Weights by coordinate, over those of `policy.cost`.'),
  listSizes: listSizes
    .optional()
    .describe('List sizes by `Type.field`; each setting over that of `policy.cost`.'),
});

export const costConfig = z.strictObject({
  mode: mode
    .default('off')
    .describe(
      'off: nothing is counted. measure: costs are counted and told to metrics. enforce: operations over `max` are refused.',
    ),
  max: count
    .max(MAX_COST)
    .optional()
    .describe('The most that one operation may cost. Absent: as much as it likes.'),
  defaultListSize: count
    .max(MAX_COST)
    .default(10)
    .describe('How long a list is taken to be that neither @listSize nor `listSizes` says anything about.'),
  weights: weights.default({}).describe('Weights by coordinate (`Type.field`), in place of those of @cost.'),
  listSizes: listSizes
    .default({})
    .describe('List sizes by `Type.field`; each setting takes the place of that of @listSize.'),
});

export type CostConfig = z.output<typeof costConfig>;
export type CostCeiling = z.output<typeof costCeiling>;
