import { randomId } from '../shared/random-id.ts';

const SAFE_ID = /^[\w.:-]{1,128}$/;

/** The client's id if it is fit for logs and headers, else one of ours. */
export function chooseRequestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && SAFE_ID.test(given) ? given : randomId();
}
