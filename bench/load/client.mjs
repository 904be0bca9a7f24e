import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { AnswerFraming } from './framing.mjs';
import { Latencies } from './latencies.mjs';
import { requestBytes } from './request.mjs';
import { BodyInspector } from './verifier.mjs';

const READ_BUFFER_BYTES = 256 * 1024;
const STALL_MS = 10_000;

// One buffer for all sockets: libuv fills it and calls back before it reads from the next socket.
const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** One keep-alive connection with at most one request under way. */
class Connection {
  constructor({ options, verifier, onAnswer, onFailure }) {
    this.nextBytes = requestBytes(options);
    this.inspector = new BodyInspector(verifier);
    this.onAnswer = onAnswer;
    this.sentAt = 0;
    this.bytes = 0;
    const framing = new AnswerFraming({
      onBody: (buffer, start, end) => this.onBody(buffer, start, end),
      onEnd: status => this.onEnd(status),
    });
    const callback = (length, buffer) => {
      try {
        framing.take(buffer, length);
      } catch (error) {
        onFailure(error);
      }
      return true;
    };
    this.socket = connect({
      port: options.port,
      host: '127.0.0.1',
      onread: { buffer: readBuffer, callback },
    });
    this.socket.setNoDelay(true);
    this.socket.on('error', onFailure);
    this.socket.on('close', () => onFailure(new Error('the gateway closed a connection')));
  }

  send() {
    this.inspector.begin();
    this.bytes = 0;
    this.sentAt = performance.now();
    this.socket.write(this.nextBytes());
  }

  onBody(buffer, start, end) {
    this.bytes += end - start;
    this.inspector.feed(buffer, start, end);
  }

  onEnd(status) {
    const now = performance.now();
    this.inspector.end(status);
    this.onAnswer(this, { status, now });
  }
}

/** A closed loop: each connection sends its next request when the answer to the last one is complete. */
export class LoadClient {
  /**
   * @param {{port: number, body: string, connections: number, authorization?: string, distinctAuthorization?: boolean}} options
   * @param {import('./verifier.mjs').Verifier} verifier
   */
  constructor(options, verifier) {
    this.verifier = verifier;
    this.fail = error => {
      this.failure ??= error;
      this.settle?.();
    };
    this.onAnswer = (connection, answer) => this.count(connection, answer);
    this.connections = Array.from(
      { length: options.connections },
      () => new Connection({ options, verifier, onAnswer: this.onAnswer, onFailure: this.fail }),
    );
  }

  /**
   * Runs until `ms` have passed or `requests` were sent, then waits for what is under way, so that counters read
   * before and after belong to whole requests. Stops at the first wrong answer.
   * @param {{ms?: number, requests?: number}} bound
   */
  async phase({ ms = Infinity, requests = Infinity }) {
    const startedAt = performance.now();
    this.run = {
      deadline: startedAt + ms,
      toSend: requests,
      underWay: 0,
      bytes: 0,
      non200: 0,
      lastAt: startedAt,
    };
    this.run.latencies = new Latencies();
    const stalled = setInterval(() => this.checkStall(), STALL_MS / 4);
    await new Promise(resolve => {
      this.settle = resolve;
      for (const connection of this.connections) this.sendNext(connection, startedAt);
    });
    clearInterval(stalled);
    this.settle = undefined;
    if (this.failure) throw this.failure;
    const { latencies, bytes, non200, lastAt } = this.run;
    const seconds = (lastAt - startedAt) / 1000;
    return {
      requests: latencies.count,
      seconds,
      rps: latencies.count / seconds,
      ...latencies.percentiles(50, 99),
      bytes,
      non200,
    };
  }

  sendNext(connection, now) {
    const { run } = this;
    if (now < run.deadline && run.toSend > 0 && this.verifier.wrong === 0) {
      run.toSend--;
      run.underWay++;
      connection.send();
    } else if (run.underWay === 0) this.settle?.();
  }

  count(connection, { status, now }) {
    const { run } = this;
    run.underWay--;
    run.latencies.add(now - connection.sentAt);
    run.bytes += connection.bytes;
    if (status !== 200) run.non200++;
    run.lastAt = now;
    this.sendNext(connection, now);
  }

  checkStall() {
    if (performance.now() - this.run.lastAt > STALL_MS)
      this.fail(new Error(`no answer for ${STALL_MS / 1000} s`));
  }

  close() {
    for (const { socket } of this.connections) socket.removeAllListeners('close').destroy();
  }
}
