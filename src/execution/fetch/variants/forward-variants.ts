import type { Forward, Forwarded } from '../forward.ts';
import type { ChooseVariant } from './choose-variant.ts';

/**
 * Chooses variants once a request, with the headers that subgraphs get: whatever is shared or kept by the keys of these
 * is never shared between variants.
 */
export function forwardVariants(forward: Forward, choices: ReadonlyMap<string, ChooseVariant>): Forward {
  if (choices.size === 0) return forward;
  return source => {
    const chosen = new Map<string, string>();
    for (const [subgraph, choose] of choices) {
      const variant = choose(source);
      if (variant !== null) chosen.set(subgraph, variant);
    }
    const forwarded = forward(source);
    return chosen.size === 0 ? forwarded : toVariants(forwarded, chosen);
  };
}

/** Keys of headers begin with no letter, so that none is like one of these. */
function toVariants({ key, headersFor, keyFor }: Forwarded, chosen: ReadonlyMap<string, string>): Forwarded {
  return Object.freeze({
    key: `variants ${JSON.stringify([...chosen])} ${key}`,
    headersFor,
    keyFor(subgraph: string) {
      const variant = chosen.get(subgraph);
      return variant === undefined ? keyFor(subgraph) : `${variant} ${keyFor(subgraph)}`;
    },
    variantFor: (subgraph: string) => chosen.get(subgraph) ?? null,
  });
}
