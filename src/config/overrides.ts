import { z } from 'zod';

/** Label → percent of the callers for whom it is on. */
export const overridesConfig = z
  .record(z.string().min(1), z.union([z.boolean(), z.number().min(0).max(100)]))
  .superRefine((labels, context) => {
    for (const label of Object.keys(labels)) {
      if (!label.startsWith('percent(')) continue;
      context.addIssue({
        code: 'custom',
        path: [label],
        message:
          'says its share itself, in the schema of the subgraph; give the field a label with a name to set its share here',
      });
    }
  });

export type OverridesConfig = z.output<typeof overridesConfig>;
