import { Buffer } from 'node:buffer';
import { BodyParts } from './body-parts.ts';

/**
 * The text of a response. Counts inflated bytes: a small compressed answer may be a large one.
 * @throws Error that says that there are more of them
 */
export async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const parts = new BodyParts();
  for await (const { buffer, byteOffset, byteLength } of response.body ?? []) {
    parts.add(Buffer.from(buffer, byteOffset, byteLength));
    if (parts.bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
  }
  return parts.whole().toString('utf8');
}
