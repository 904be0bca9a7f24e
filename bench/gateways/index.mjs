import { apollo } from './apollo.mjs';
import { bareFastify } from './bare-fastify.mjs';
import { grafbase } from './grafbase.mjs';
import { hive, hiveNative, hiveNativeShared } from './hive.mjs';
import { weir, weirBaseline, weirNoReplay } from './weir.mjs';
import { weirIdentity, weirIdentityDenied, weirKept, weirUnkept, weirUnshared } from './weir-identity.mjs';
import { weirLimits, weirLimitsRedis } from './weir-limits.mjs';

/**
 * @typedef {{port: number, supergraphFile: string, subgraphsUrl: string, workDir: string}} Place
 * @typedef {{command: string, args: string[], env?: Record<string, string>, cwd?: string, authorization?: string}} Launch
 *   `authorization`: the header that each request to it carries
 * @typedef {{title: string, version(): string, missing(): string | undefined, launch(place: Place): Launch,
 *   workloads?: string[], expected?: string}} Gateway
 *   `missing` says what is not there to run it; `launch` writes what it needs into `workDir`, which is its own;
 *   `workloads` are those that it is there for (absent: all), `expected` is the file of its answer if it is another
 */

/** @type {Record<string, Gateway>} */
export const gateways = {
  weir,
  'weir-no-replay': weirNoReplay,
  'weir-identity': weirIdentity,
  'weir-identity-denied': weirIdentityDenied,
  'weir-kept': weirKept,
  'weir-unkept': weirUnkept,
  'weir-unshared': weirUnshared,
  'weir-limits': weirLimits,
  'weir-limits-redis': weirLimitsRedis,
  'weir-baseline': weirBaseline,
  'bare-fastify': bareFastify,
  apollo,
  hive,
  'hive-native': hiveNative,
  'hive-native-shared': hiveNativeShared,
  grafbase,
};
