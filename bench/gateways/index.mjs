import { apollo } from './apollo.mjs';
import { grafbase } from './grafbase.mjs';
import { hive, hiveNative, hiveNativeShared } from './hive.mjs';
import { weir, weirNoReplay } from './weir.mjs';

/**
 * @typedef {{port: number, supergraphFile: string, subgraphsUrl: string, workDir: string}} Place
 * @typedef {{command: string, args: string[], env?: Record<string, string>, cwd?: string}} Launch
 * @typedef {{title: string, version(): string, missing(): string | undefined, launch(place: Place): Launch}} Gateway
 *   `missing` says what is not there to run it; `launch` writes what it needs into `workDir`
 */

/** @type {Record<string, Gateway>} */
export const gateways = {
  weir,
  'weir-no-replay': weirNoReplay,
  apollo,
  hive,
  'hive-native': hiveNative,
  'hive-native-shared': hiveNativeShared,
  grafbase,
};
