import type { tracing } from '@opentelemetry/sdk-node';
import { describeFailure } from '../shared/describe-failure.ts';
import type { Logger } from './logger.ts';

type Exporter = tracing.SpanExporter;

interface Told {
  /** `host:port` of the receiver: the URL may have a password in it. */
  readonly receiver: string;
  readonly logger: Logger;
}

/** The same exporter, but each time that it begins to fail, and works again, is one line: else traces are lost unnoticed. */
export function tellOfExports(exporter: Exporter, { receiver, logger }: Told): Exporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, result => {
        const { error } = result;
        // ExportResultCode.SUCCESS, which is not loaded for this alone.
        const failed = result.code !== 0;
        if (failed && !isFailing) {
          const reason = error === undefined ? 'it does not say why' : describeFailure(error);
          logger.warn({ receiver, reason }, 'traces cannot be sent; those of this time are lost');
        }
        if (!failed && isFailing) logger.info({ receiver }, 'traces are sent again');
        isFailing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
