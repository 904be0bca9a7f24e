import { canonicalName } from '../../config/header-names.ts';
import { compilePattern } from '../../shared/linear-pattern.ts';
import { Lru } from '../../shared/lru.ts';

export type NameMatch = (name: string) => boolean;

/** Longer names match nothing, and are not remembered. */
const MAX_NAME = 128;
const MAX_REMEMBERED = 1_000;

/** Say who somebody is or where they come from, so that they are passed on by name only. */
const BY_NAME_ONLY =
  /^(authorization|cookie|set-cookie|cache-control|x-api-key|forwarded|x-forwarded-.*|x-real-ip)$/;

/** Which headers a pattern passes on. @param objectionTo why no rule may name one */
export function compileNameMatch(pattern: string, objectionTo: (name: string) => string | null): NameMatch {
  const matches = compilePattern(pattern);
  return remembering(
    name => matches(name) && objectionTo(name) === null && !BY_NAME_ONLY.test(canonicalName(name)),
  );
}

/** Which headers a rule takes out again, under whichever of its names. */
export function compileRemoval({
  name,
  pattern,
}: {
  readonly name?: string | undefined;
  readonly pattern?: string | undefined;
}): NameMatch {
  if (name !== undefined) {
    const canonical = canonicalName(name);
    return other => canonicalName(other) === canonical;
  }
  const matches = compilePattern(pattern ?? '');
  return remembering(other => matches(other) || matches(canonicalName(other)));
}

/** Clients and subgraphs send the same few names again and again. */
export function remembering(match: NameMatch): NameMatch {
  const known = new Lru<string, boolean>(MAX_REMEMBERED);
  return name => {
    if (name.length > MAX_NAME) return false;
    const found = known.get(name);
    if (found !== undefined) return found;
    const isMatch = match(name);
    known.set(name, isMatch);
    return isMatch;
  };
}
