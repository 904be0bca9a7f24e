import { hash } from 'node:crypto';

/** Hex SHA-256 of a text. In one call: objects that hash piece by piece cost the garbage collector several times that. */
export function sha256(text: string): string {
  return hash('sha256', text);
}
