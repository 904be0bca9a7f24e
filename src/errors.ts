import { GraphQLError, type GraphQLErrorExtensions } from 'graphql';

/**
 * Who may read the message of an error. `client` texts are written for the caller; `internal` ones go to
 * the log only and the caller gets the generic sentence of {@link GENERIC_MESSAGE}.
 */
export type Audience = 'client' | 'internal';

interface CatalogueEntry {
  readonly status: number;
  readonly audience: Audience;
  /** Sent along unless the thrower has others. */
  readonly headers?: ReadonlyMap<string, string>;
  /** What happened and what the reader can do about it, when the thrower has nothing more exact to say. */
  readonly message: string;
}

/** The closed catalogue of Weir's own codes; `docs/errors.md` lists the same and a test compares. */
export const ERROR_CATALOGUE = {
  UNAUTHENTICATED: {
    status: 401,
    audience: 'client',
    // RFC 9110, 15.5.2: a 401 says how to authenticate.
    headers: new Map([['www-authenticate', 'Bearer realm="weir"']]),
    message: 'A valid credential is required. Send one, or a new one.',
  },
  FORBIDDEN: {
    status: 403,
    audience: 'client',
    message: 'The caller may not run this operation.',
  },
  UNAUTHORIZED_FIELD: {
    status: 200,
    audience: 'client',
    message: 'The caller may not see this field.',
  },
  PERSISTED_DOCUMENT_REQUIRED: {
    status: 403,
    audience: 'client',
    message: 'Only registered documents are run here. Register this one, or send the id of one that is.',
  },
  PERSISTED_DOCUMENT_NOT_FOUND: {
    status: 404,
    audience: 'client',
    message: 'No document is registered under this id.',
  },
  COST_LIMIT_EXCEEDED: {
    status: 400,
    audience: 'client',
    message: 'The operation is estimated to cost more than is allowed here. Ask for fewer items at a time.',
  },
  RATE_LIMITED: {
    status: 429,
    audience: 'client',
    message: 'Too much was asked for in too short a time. Come back after the time in Retry-After.',
  },
  DOCUMENT_LIMIT_EXCEEDED: {
    status: 400,
    audience: 'client',
    message: 'The document is larger or deeper than this endpoint accepts. Send a smaller operation.',
  },
  UNSUPPORTED_OPERATION: {
    status: 400,
    audience: 'client',
    message: 'This endpoint does not run operations of this kind.',
  },
  REQUEST_FORBIDDEN: {
    status: 403,
    audience: 'client',
    message:
      'This request could have been made by another web site on behalf of a user. Send an apollo-require-preflight header or POST application/json.',
  },
  HOST_NOT_ALLOWED: {
    status: 403,
    audience: 'client',
    message:
      'This listener is not known by the name in Host. Ask for its address, or add the name to `admin.hosts`.',
  },
  SUBGRAPH_TIMEOUT: {
    status: 200,
    audience: 'client',
    message: 'The subgraph did not answer in time.',
  },
  SUBGRAPH_UNAVAILABLE: {
    status: 200,
    audience: 'client',
    message: 'The subgraph could not be reached or reported a failure of its own.',
  },
  SUBGRAPH_BAD_RESPONSE: {
    status: 200,
    audience: 'client',
    message: 'The subgraph answered with something that does not fit its schema.',
  },
  SUBGRAPH_ERROR: {
    status: 200,
    audience: 'client',
    message: 'The subgraph reported an error for this field.',
  },
  CIRCUIT_OPEN: {
    status: 200,
    audience: 'client',
    message:
      'This field is not asked for now, as it has failed too often or is out of service. Come back after retryAfterMs.',
  },
  DEADLINE_EXCEEDED: {
    status: 504,
    audience: 'client',
    message: 'The time allowed for the whole request ran out before there was anything to answer.',
  },
  REQUEST_CANCELLED: {
    // What proxies log for it; nobody is there to read it.
    status: 499,
    audience: 'client',
    message: 'The client left before there was an answer.',
  },
  OVERLOADED: {
    status: 503,
    audience: 'client',
    // Seconds. Mostly there is room again as soon as some of what is waiting is done.
    headers: new Map([['retry-after', '1']]),
    message: 'The gateway is not taking requests right now. Try again after the time in Retry-After.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    audience: 'internal',
    message: 'Internal server error.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

export const GENERIC_MESSAGE = ERROR_CATALOGUE.INTERNAL_SERVER_ERROR.message;

interface GatewayErrorDetails {
  /** Replaces the catalogue's sentence; must be fit for the code's audience. */
  readonly message?: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly headers?: ReadonlyMap<string, string>;
  readonly cause?: unknown;
}

/** The one error class of the gateway: a code of the catalogue, and what makes this case particular. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly headers: ReadonlyMap<string, string>;

  constructor(code: ErrorCode, details: GatewayErrorDetails = {}) {
    super(
      details.message ?? ERROR_CATALOGUE[code].message,
      details.cause === undefined ? {} : { cause: details.cause },
    );
    this.name = 'GatewayError';
    this.code = code;
    this.extensions = details.extensions ?? {};
    const entry: CatalogueEntry = ERROR_CATALOGUE[code];
    this.headers = details.headers ?? entry.headers ?? new Map();
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }

  /** As Apollo Server wants a refusal: `extensions.http` sets the response's status and headers. */
  toGraphQLError(): GraphQLError {
    const extensions: GraphQLErrorExtensions = {
      code: this.code,
      ...this.extensions,
      http: { status: this.status, headers: new Map(this.headers) },
    };
    const entry: CatalogueEntry = ERROR_CATALOGUE[this.code];
    return new GraphQLError(entry.audience === 'client' ? this.message : GENERIC_MESSAGE, {
      extensions,
      originalError: this,
    });
  }
}
