import { CONFIGURATION } from '../config/config-source.ts';
import { type ExecutionConfig, subgraphConfig } from '../config/execution.ts';
import { ConfigError } from '../config/parse.ts';
import type { Persona } from '../config/resolve-personas.ts';
import type { VariantsConfig } from '../config/variants.ts';
import { type ChooseVariant, compileChoice } from '../execution/fetch/variants/choose-variant.ts';
import type { VariantTrials } from '../execution/fetch/variants/variant-trials.ts';
import { nearest } from '../shared/nearest.ts';

interface VariantParts {
  readonly execution: ExecutionConfig;
  readonly personas: readonly Persona[];
  readonly trials: VariantTrials;
}

/** Who gets which variant, by subgraph. @throws ConfigError for a persona that there is not */
export function compileVariants(
  subgraphs: Iterable<string>,
  { execution, personas, trials }: VariantParts,
): ReadonlyMap<string, ChooseVariant> {
  const known = personas.flatMap(({ name }) => name ?? []);
  const choices = new Map<string, ChooseVariant>();
  for (const subgraph of subgraphs) {
    const { variants = {} } = subgraphConfig(execution, subgraph);
    checkPersonas(variants, { subgraph, known });
    choices.set(subgraph, compileChoice(subgraph, trials.choosable(subgraph, variants)));
  }
  return choices;
}

/** A persona that nobody has gets a variant to nobody, silently. */
function checkPersonas(
  variants: VariantsConfig,
  { subgraph, known }: { readonly subgraph: string; readonly known: readonly string[] },
): void {
  const problems = Object.entries(variants).flatMap(([name, { persona = [] }]) =>
    [persona]
      .flat()
      .filter(wanted => !known.includes(wanted))
      .map(wanted => {
        const suggestion = nearest(wanted, known);
        const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
        const place = `execution.subgraphs.${subgraph}.variants.${name}.persona`;
        return `${place}: there is no persona "${wanted}"${hint}`;
      }),
  );
  if (problems.length > 0) throw new ConfigError(CONFIGURATION, problems);
}
