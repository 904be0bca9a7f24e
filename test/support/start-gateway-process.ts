import { once } from 'node:events';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import type { Json } from '../../src/shared/json.ts';
import { type RunningCli, startCli } from './start-cli.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface GatewayProcessOptions {
  readonly supergraphSdl: string;
  readonly config?: GatewayConfigInput;
}

/** What a client of it sees. */
export interface Reply {
  readonly status: number;
  /** `x-cache` */
  readonly cache: string | null;
  readonly body: { readonly data?: Json; readonly errors?: readonly { readonly extensions: Json }[] };
}

/** A gateway in an operating system's process of its own, as `weir start` runs it. */
export interface GatewayProcess extends AsyncDisposable {
  /** Where it takes operations. */
  readonly url: string;
  /** Its listener for operators. */
  readonly admin: string;
  ask(query: string): Promise<Reply>;
  /** Resolves once its log has a line with this message. */
  logged(message: string): Promise<void>;
  /** Ends it in the middle of whatever it does, without a word to anybody. */
  kill(): Promise<void>;
}

/** Sooner than tests are given up, so that what was started is ended. */
const PATIENCE_MS = 25_000;

/** Needs the build. Subgraphs stay with the test, which so knows what they are asked. */
export async function startGatewayProcess({
  supergraphSdl,
  config = {},
}: GatewayProcessOptions): Promise<GatewayProcess> {
  const listeners = { server: { listen: '127.0.0.1:0' }, admin: { listen: '127.0.0.1:0' } };
  const folder = await temporaryFolder({
    'supergraph.graphql': supergraphSdl,
    // JSON is YAML, too.
    'gateway.yaml': JSON.stringify({ ...config, ...listeners }),
  });
  const files = ['--supergraph', 'supergraph.graphql', '--config', 'gateway.yaml'];
  const cli = startCli(['start', ...files], { cwd: folder.path });
  const said = (message: string): Promise<string> =>
    inTime(cli.said(`"msg":${JSON.stringify(message)}`), () => `no "${message}" in the log:\n${logOf(cli)}`);
  const dispose = async (): Promise<void> => {
    await cli[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  try {
    const log = await said('listening');
    const url = addressIn(log, 'url');
    return {
      url,
      admin: addressIn(log, 'admin'),
      async ask(query) {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        });
        const { status, headers } = response;
        return { status, cache: headers.get('x-cache'), body: (await response.json()) as Reply['body'] };
      },
      logged: async message => void (await said(message)),
      async kill() {
        const exit = once(cli.process, 'exit');
        cli.process.kill('SIGKILL');
        await exit;
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const logOf = ({ output }: RunningCli): string => `${output.stdout}${output.stderr}`;

async function inTime<T>(work: Promise<T>, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(why())), PATIENCE_MS);
  });
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}

function addressIn(log: string, name: string): string {
  const address = new RegExp(`"${name}":"(http[^"]+)"`).exec(log)?.[1];
  if (address === undefined) throw new Error(`the log names no ${name}:\n${log}`);
  return address;
}
