import { type ExecutionConfig, subgraphConfig } from '../config/execution.ts';
import type { TargetUrls } from '../config/targets.ts';
import { STABLE } from '../config/variants.ts';
import { type AskedPlace, shownUrl } from '../execution/fetch/targets/asked-place.ts';
import type { TargetChoice } from '../execution/fetch/targets/choose-targets.ts';
import type { ProbePlan } from '../execution/fetch/targets/probe-targets.ts';
import type { TargetGroups } from '../execution/fetch/targets/target-groups.ts';
import type { VariedSubgraph } from '../execution/fetch/variants/reach-variants.ts';

/** Where the subgraphs of a generation are, and between which places requests are to choose. */
export interface SubgraphPlaces {
  /** By the name of the endpoint. */
  readonly urls: ReadonlyMap<string, { readonly subgraph: string; readonly url: string }>;
  readonly choices: ReadonlyMap<string, TargetChoice>;
  readonly probes: readonly ProbePlan[];
  /** The subgraphs that have variants. */
  readonly varied: ReadonlyMap<string, VariedSubgraph>;
  /** All of them, for operators. */
  readonly asked: readonly AskedPlace[];
}

/** @param composed subgraph → URL of the supergraph */
export function placeSubgraphs(
  composed: ReadonlyMap<string, string>,
  execution: ExecutionConfig,
  groups: TargetGroups,
): SubgraphPlaces {
  const urls = new Map<string, { readonly subgraph: string; readonly url: string }>();
  const choices = new Map<string, TargetChoice>();
  const probes: ProbePlan[] = [];
  const varied = new Map<string, VariedSubgraph>();
  const asked: AskedPlace[] = [];
  const add = (place: Pick<AskedPlace, 'subgraph' | 'variant'>, endpoint: string, targets: TargetUrls) => {
    const { subgraph } = place;
    if (typeof targets === 'string' || targets.length === 1) {
      const url = String(targets);
      urls.set(endpoint, { subgraph, url });
      asked.push({ ...place, url: shownUrl(url), watched: null });
      return;
    }
    const { timeout: timeoutMs, ejection, probe } = subgraphConfig(execution, subgraph);
    const places = targets.map((url, index) => {
      const name = JSON.stringify([endpoint, index]);
      urls.set(name, { subgraph, url });
      return { endpoint: name, address: addressOf(url) };
    });
    const group = groups.of({ subgraph, places, settings: ejection });
    choices.set(endpoint, { group, timeoutMs });
    if (probe !== undefined) probes.push({ subgraph, group, settings: probe });
    for (const [index, target] of group.targets.entries())
      asked.push({ ...place, url: shownUrl(targets[index] as string), watched: { group, target } });
  };
  for (const [subgraph, composedUrl] of composed) {
    const { url = composedUrl, variants, errors } = subgraphConfig(execution, subgraph);
    add({ subgraph, variant: STABLE }, subgraph, url);
    if (variants === undefined) continue;
    const endpoints = new Map<string, string>();
    for (const [name, variant] of Object.entries(variants)) {
      const endpoint = JSON.stringify([subgraph, name]);
      endpoints.set(name, endpoint);
      add({ subgraph, variant: name }, endpoint, variant.url);
    }
    varied.set(subgraph, { passCodes: new Set(errors.passCodes), endpoints });
  }
  return { urls, choices, probes, varied, asked };
}

/** Without path and credentials, which are for nobody's eyes. */
function addressOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
