import { GraphQLError } from 'graphql';
import { GatewayError, GENERIC_MESSAGE } from '../errors.ts';

interface ProblemDetails {
  readonly code?: string;
  readonly headers?: ReadonlyMap<string, string>;
}

const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** A request that is refused before there is an operation. Becomes a GraphQL response with one error. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: ReadonlyMap<string, string>;

  constructor(
    status: number,
    message: string,
    { code = 'BAD_REQUEST', headers = NO_HEADERS }: ProblemDetails = {},
  ) {
    super(message);
    this.name = 'HttpProblem';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  get body(): string {
    return JSON.stringify({ errors: [{ message: this.message, extensions: { code: this.code } }] });
  }
}

/** What a client is told of an error that came from Fastify, from a route or from anywhere else. */
export function problemOf(
  error: Error & { statusCode?: number; code?: string },
  bodyLimit: number,
): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof GatewayError) return problemOfGraphQLError(error.toGraphQLError());
  if (error instanceof GraphQLError) return problemOfGraphQLError(error);
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(bodyLimit);
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new HttpProblem(415, 'Send the request as application/json.');
  }
  if (error.statusCode === 414) return new HttpProblem(414, 'The id in the path is too long.');
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new HttpProblem(error.statusCode, 'The request is not valid HTTP for this endpoint.');
  }
  return new HttpProblem(500, GENERIC_MESSAGE, { code: 'INTERNAL_SERVER_ERROR' });
}

/** Status and headers travel in `extensions.http`, as Apollo Server has it. */
function problemOfGraphQLError({ message, extensions }: GraphQLError): HttpProblem {
  const http = extensions['http'] as { status?: number; headers?: ReadonlyMap<string, string> } | undefined;
  return new HttpProblem(http?.status ?? 400, message, {
    code: String(extensions['code'] ?? 'BAD_REQUEST'),
    headers: http?.headers ?? NO_HEADERS,
  });
}

export function bodyTooLarge(bodyLimit: number): HttpProblem {
  return new HttpProblem(413, `The request body is larger than ${bodyLimit} bytes.`);
}
