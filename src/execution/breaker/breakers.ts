import type { BreakerSettings, BreakersConfig, CircuitBreakerDirective } from '../../config/breakers.ts';
import type { FieldPlace } from '../guard/guarding.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';

/** `Type.field` or `Type` → what `@circuitBreaker` says. */
export type BreakerDirectives = ReadonlyMap<string, CircuitBreakerDirective>;

export interface BreakersOptions extends Pick<BreakerOptions, 'random' | 'onTransition'> {
  readonly config: BreakersConfig;
  readonly onFull: () => void;
}

/** All breakers of the gateway. They outlive generations: a new schema makes no subgraph well. */
export interface Breakers {
  /** The breakers that a generation uses. Null: the field has none. */
  forGeneration(directives: BreakerDirectives): (place: FieldPlace) => Breaker | null;
  list(): readonly Breaker[];
  of(subgraph: string, coordinate: string): Breaker | null;
}

interface Held {
  readonly breaker: Breaker;
  /** To tell whether a new generation wants the same. */
  readonly settings: string;
  /** The last generation that asked for it. */
  generation: number;
}

/** Generations that may be in use at once; see GenerationFeed. */
const KEPT = 3;

export function createBreakers(options: BreakersOptions): Breakers {
  const held = new Map<string, Held>();
  let generation = 0;

  const take = (place: FieldPlace, settings: BreakerSettings, wantedBy: number): Breaker | null => {
    const key = keyOf(place.subgraph, place.coordinate);
    const text = JSON.stringify(settings);
    const known = held.get(key);
    if (known !== undefined && known.settings === text) {
      known.generation = Math.max(known.generation, wantedBy);
      return known.breaker;
    }
    if (known === undefined && held.size >= options.config.maxBreakers) {
      options.onFull();
      return null;
    }
    const { subgraph, coordinate } = place;
    const breaker = new Breaker({ ...options, subgraph, coordinate, settings });
    held.set(key, { breaker, settings: text, generation: wantedBy });
    return breaker;
  };

  return {
    forGeneration(directives) {
      const own = ++generation;
      for (const [key, { generation: last }] of held) if (last <= own - KEPT) held.delete(key);
      const settingsOf = compileSettings(options, directives);
      return place => {
        const settings = settingsOf(place);
        return settings === null ? null : take(place, settings, own);
      };
    },
    list: () => [...held.values()].map(({ breaker }) => breaker),
    of: (subgraph, coordinate) => held.get(keyOf(subgraph, coordinate))?.breaker ?? null,
  };
}

function keyOf(subgraph: string, coordinate: string): string {
  return `${subgraph} ${coordinate}`;
}

/** What is said of the field goes before what is said of its type, and the configuration before the schema. */
function compileSettings(
  { config }: BreakersOptions,
  directives: BreakerDirectives,
): (place: FieldPlace) => BreakerSettings | null {
  const fields = new Map(Object.entries(config.fields));
  return ({ coordinate, isEntry }) => {
    const type = coordinate.slice(0, coordinate.indexOf('.'));
    const said = [fields.get(coordinate), directives.get(coordinate), fields.get(type), directives.get(type)];
    const { enabled } = Object.assign({}, ...said.toReversed().map(one => one ?? {}), {}) as {
      enabled?: boolean;
    };
    const isMeant = said.some(one => one !== undefined && saysMore(one));
    if (enabled === false || !(isMeant || enabled === true || (config.guard === 'entries' && isEntry)))
      return null;
    const settings: Record<string, unknown> = { ...config.default };
    for (const one of said.toReversed()) {
      for (const [name, value] of Object.entries(one ?? {}))
        if (value !== undefined && name !== 'enabled' && name !== 'fallback') settings[name] = value;
    }
    return settings as BreakerSettings;
  };
}

/** A fallback alone asks for no breaker; `@circuitBreaker` without arguments does. */
function saysMore(said: object): boolean {
  const names = Object.entries(said).filter(([, value]) => value !== undefined);
  return names.length === 0 || names.some(([name]) => name !== 'fallback' && name !== 'enabled');
}
