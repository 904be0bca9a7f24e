/**
 * Redis did not do what was asked. Has no cause on purpose: errors of ioredis carry the command with its
 * arguments, passwords and hashes among them, and a logger would print them.
 */
export class RedisError extends Error {
  readonly reason: 'disconnected' | 'timeout' | 'failed';

  constructor(reason: RedisError['reason'], message: string) {
    super(message);
    this.name = 'RedisError';
    this.reason = reason;
  }
}
