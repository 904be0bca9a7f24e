import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** 2 is an error. */
  readonly status: number;
  /** Attributes of the process that has sent it. */
  readonly resource: Readonly<Record<string, string | number>>;
}

export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
}

type Values = readonly { key: string; value: Record<string, string | number> }[];

interface Export {
  resourceSpans: {
    resource: { attributes: Values };
    scopeSpans: {
      spans: (Omit<ReceivedSpan, 'attributes' | 'status'> & {
        attributes: Values;
        status: { code?: number };
      })[];
    }[];
  }[];
}

/** Takes OTLP over HTTP in its JSON form, as a collector would. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Export;
    for (const { resource, scopeSpans } of resourceSpans) {
      const process = flatten(resource.attributes);
      for (const span of scopeSpans.flatMap(scope => scope.spans)) {
        const { attributes, status, parentSpanId = '' } = span;
        spans.push({
          ...span,
          parentSpanId,
          attributes: flatten(attributes),
          status: status.code ?? 0,
          resource: process,
        });
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function flatten(values: Values): Record<string, string | number> {
  return Object.fromEntries(
    values.map(({ key, value }) => {
      const { intValue, ...other } = value;
      return [key, intValue === undefined ? (Object.values(other)[0] ?? '') : Number(intValue)];
    }),
  );
}
