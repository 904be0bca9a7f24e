export type MediaType = 'application/json' | 'application/graphql-response+json';

/** What we answer with, the one we prefer first: clients that name neither get the one that all understand. */
const OFFERED: readonly MediaType[] = ['application/json', 'application/graphql-response+json'];

const CONTENT_TYPES: Readonly<Record<MediaType, string>> = {
  'application/json': 'application/json; charset=utf-8',
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
};

export function contentTypeOf(mediaType: MediaType): string {
  return CONTENT_TYPES[mediaType];
}

/**
 * The response media type that a client prefers (RFC 9110, 12.5.1), or null when it accepts none of ours.
 * Equal qualities go to the more exact range, then to the one written first.
 */
export function chooseMediaType(accept: string | undefined): MediaType | null {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') {
    return 'application/json';
  }
  const ranges = accept.toLowerCase().split(',').map(readRange);
  let best: MediaType | null = null;
  let bestRank = 0;
  for (const offered of OFFERED) {
    const rank = rankOf(offered, ranges);
    if (rank > bestRank) {
      best = offered;
      bestRank = rank;
    }
  }
  return best;
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

function readRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim());
  const quality = parameters.find(parameter => parameter.startsWith('q='))?.slice(2);
  return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
}

/** Quality counts before exactness, exactness before order; 0 is a refusal. */
function rankOf(mediaType: MediaType, ranges: readonly MediaRange[]): number {
  for (const [exactness, pattern] of [
    [2, mediaType],
    [1, 'application/*'],
    [0, '*/*'],
  ] as const) {
    const index = ranges.findIndex(({ type }) => type === pattern);
    const range = ranges[index];
    if (range === undefined) continue;
    return range.quality === 0 ? 0 : range.quality * 1e9 + exactness * 1e5 + (ranges.length - index);
  }
  return 0;
}
