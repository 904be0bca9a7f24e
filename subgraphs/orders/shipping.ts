import type { Country } from '../shared/address.ts';
import { cents } from '../shared/money.ts';

/** What the products subgraph hands over for `@requires`: this team keeps no copy of it. */
export interface Parcel {
  readonly price: number;
  /** In kilograms. */
  readonly weight: number;
  /** In centimetres. */
  readonly dimensions: { readonly length: number; readonly width: number; readonly height: number };
}

export type ShippingClass = 'LETTER' | 'PARCEL' | 'FREIGHT';

const PER_KILOGRAM: Readonly<Record<Country, number>> = { DE: 0.9, FR: 1.3, GB: 1.7, PL: 1.1, US: 3.2 };
const INSURED_FROM_EUR = 100;
const LETTER_CM3 = 6_000;
const FREIGHT_CM3 = 90_000;

/** In EUR. */
export function estimateShipping(parcel: Parcel, destination: Country, express: boolean): number {
  const insurance = parcel.price >= INSURED_FROM_EUR ? parcel.price * 0.01 : 0;
  const standard = 2.5 + parcel.weight * PER_KILOGRAM[destination] + insurance;
  return cents(express ? standard * 2 : standard);
}

export function classifyShipping({ weight, dimensions }: Parcel): ShippingClass {
  const volume = dimensions.length * dimensions.width * dimensions.height;
  if (weight > 25 || volume > FREIGHT_CM3) return 'FREIGHT';
  return weight <= 1 && volume <= LETTER_CM3 ? 'LETTER' : 'PARCEL';
}
