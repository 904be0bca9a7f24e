import type { ApolloServer } from '@apollo/server';
import type { Persona } from '../config/resolve-personas.ts';
import type { Caller } from './caller.ts';
import type { ChooseDocument } from './chosen-document.ts';
import type { FamiliarRequests } from './familiar-requests.ts';
import type { RequestContext } from './request-context.ts';

/** A persona and the pipeline that serves it. */
export interface Audience {
  readonly persona: Persona;
  readonly server: ApolloServer<RequestContext>;
  /** Null where any text may be sent, and nothing else. */
  readonly chooseDocument: ChooseDocument | null;
  /** Null where no answers are kept, or something wants to see every request pass. */
  readonly familiar: FamiliarRequests | null;
}

/** Who made a request, and how it is served. */
export interface Visit {
  readonly caller: Caller;
  /** The credential came in a cookie, which browsers send whoever caused the request. */
  readonly fromCookie: boolean;
  readonly audience: Audience;
  readonly clientAddress: () => string;
}
