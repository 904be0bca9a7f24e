import type { Target } from './target.ts';
import type { TargetGroup } from './target-group.ts';

/** One URL at which a subgraph or a variant of it is asked, as operators see it. */
export interface AskedPlace {
  readonly subgraph: string;
  /** `stable` of the subgraph itself. */
  readonly variant: string;
  /** Without credentials. */
  readonly url: string;
  /** Null: the only URL, so that nobody watches how it does. */
  readonly watched: { readonly group: TargetGroup; readonly target: Target } | null;
}

/** What may be shown of a URL: in its query, too, there may be a key. */
export function shownUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}
