import type { ContentCoding } from './answer.ts';

/** Codings we can make, the one we prefer first. */
const PREFERENCE: readonly ContentCoding[] = ['br', 'gzip'];

/** The best coding that a client accepts (RFC 9110, 12.5.3), or null to send the body as it is. */
export function chooseCoding(acceptEncoding: string | undefined): ContentCoding | null {
  if (acceptEncoding === undefined || acceptEncoding === '') return null;
  const qualities = new Map<string, number>();
  for (const entry of acceptEncoding.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = entry.split(';').map(part => part.trim());
    const quality = parameters.find(parameter => parameter.startsWith('q='))?.slice(2);
    qualities.set(coding, quality === undefined ? 1 : Number(quality) || 0);
  }
  let best: ContentCoding | null = null;
  let bestQuality = 0;
  for (const coding of PREFERENCE) {
    const quality = qualities.get(coding) ?? qualities.get('*') ?? 0;
    if (quality > bestQuality) {
      best = coding;
      bestQuality = quality;
    }
  }
  return bestQuality < (qualities.get('identity') ?? 0) ? null : best;
}
