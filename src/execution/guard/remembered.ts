import type { FetchContext } from '../fetch/subgraph-fetch.ts';

/** Last good values of an execution. Where all comes back as it was, nothing is read again, and they are kept by this. */
export interface Remembered {
  /** Characters. */
  readonly weight: number;
  /** Keeps them as of now, for whoever asks now. */
  again(context: FetchContext): void;
}
