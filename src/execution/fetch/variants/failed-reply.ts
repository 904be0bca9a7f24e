import { Buffer } from 'node:buffer';
import { readAnswer } from '../../run/read-answer.ts';
import type { SubgraphReply } from '../subgraph-fetch.ts';

/** Bytes; longer replies are not read a second time. */
const MAX_READ = 256 * 1024;

const NO_PROBLEM = Buffer.from('{"data":{');

/**
 * Whether a reply shows that the subgraph failed: by its status, by not being an answer, or by an error in it.
 * @param passCodes of errors that are the client's fault
 */
export function isFailedReply(
  reply: SubgraphReply,
  subgraph: string,
  passCodes: ReadonlySet<string>,
): boolean {
  const { status, body } = reply;
  if (status < 300) {
    if (body.length > MAX_READ) return false;
    if (body.subarray(0, NO_PROBLEM.length).equals(NO_PROBLEM) && !body.includes('"errors"')) return false;
  }
  try {
    return readAnswer(reply, subgraph).errors.some(({ code }) => code === null || !passCodes.has(code));
  } catch {
    return true;
  }
}
