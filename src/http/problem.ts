/** A request that is refused before there is an operation. Becomes a GraphQL response with one error. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, message: string, code = 'BAD_REQUEST') {
    super(message);
    this.name = 'HttpProblem';
    this.status = status;
    this.code = code;
  }

  get body(): string {
    return JSON.stringify({ errors: [{ message: this.message, extensions: { code: this.code } }] });
  }
}
