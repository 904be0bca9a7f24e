import type { DocumentNode } from 'graphql';
import { elementsOf } from './coordinates.ts';
import { readEntityKeys } from './entity-keys.ts';
import { argument, named } from './join-directives.ts';
import { implementationsByInterface, requiredFields } from './required-fields.ts';

/** What `@override(label:)` says, as composition writes it (join spec v0.4: `join__field(overrideLabel:)`). */
export interface OverrideTable {
  /** Label → the percent that it says itself, as `percent(5)` does. Null: it is a name, and config has its share. */
  readonly labels: ReadonlyMap<string, number | null>;
  /** Coordinate → labels of what may be fetched where it is selected: itself, and what it requires. */
  readonly touched: ReadonlyMap<string, readonly string[]>;
  /** Labels of fields in keys: planners may fetch them for any operation. */
  readonly unavoidable: readonly string[];
}

const NOTHING: OverrideTable = Object.freeze({ labels: new Map(), touched: new Map(), unavoidable: [] });

const PERCENT = /^percent\((\d+(?:\.\d+)?)\)$/;

export function readOverrides(document: DocumentNode): OverrideTable {
  const direct = directLabels(document);
  if (direct.size === 0) return NOTHING;
  const labels = [...new Set([...direct.values()].flat())].sort();
  return Object.freeze({
    labels: new Map(labels.map(label => [label, percentIn(label)])),
    touched: touchedLabels(document, direct),
    unavoidable: labelsOfKeys(document, direct),
  });
}

/** Null for a label that is a name. */
function percentIn(label: string): number | null {
  const [, percent] = PERCENT.exec(label) ?? [];
  return percent === undefined ? null : Number(percent);
}

type Labels = ReadonlyMap<string, readonly string[]>;

function directLabels(document: DocumentNode): Labels {
  const direct = new Map<string, readonly string[]>();
  for (const { coordinate, directives } of elementsOf(document)) {
    const labels = named(directives, 'join__field').map(join => argument(join, 'overrideLabel'));
    const found = sorted(labels.filter(label => label !== null));
    if (found.length > 0) direct.set(coordinate, found);
  }
  return direct;
}

function touchedLabels(document: DocumentNode, direct: Labels): Labels {
  const required = requiredFields(document);
  const implementations = implementationsByInterface(document);
  /** A field of an interface stands for those of its implementations. */
  const placesOf = (coordinate: string): string[] => {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const implemented = implementations.get(typeName) ?? [];
    return [coordinate, ...implemented.map(name => `${name}.${fieldName}`)];
  };
  const touched = new Map<string, readonly string[]>();
  for (const { coordinate } of elementsOf(document)) {
    const places = placesOf(coordinate);
    const fetched = [...places, ...places.flatMap(place => required.get(place) ?? []).flatMap(placesOf)];
    const labels = sorted(fetched.flatMap(place => direct.get(place) ?? []));
    if (labels.length > 0) touched.set(coordinate, labels);
  }
  return touched;
}

/** Of nested fields in keys the name alone is compared: too many are harmless, and they are rare. */
function labelsOfKeys(document: DocumentNode, direct: Labels): readonly string[] {
  const found: string[] = [];
  for (const [typeName, keys] of readEntityKeys(document)) {
    for (const [first, ...nested] of keys.flatMap(({ paths }) => paths)) {
      found.push(...(direct.get(`${typeName}.${first}`) ?? []));
      for (const [coordinate, labels] of direct)
        if (nested.includes(coordinate.slice(coordinate.indexOf('.') + 1))) found.push(...labels);
    }
  }
  return sorted(found);
}

function sorted(labels: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(labels)].sort());
}
