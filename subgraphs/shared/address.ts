import { integer, pick, type Random } from './random.ts';

export type Country = 'DE' | 'FR' | 'GB' | 'PL' | 'US';

export interface Address {
  readonly street: string;
  readonly city: string;
  readonly postcode: string;
  readonly country: Country;
}

// City and country go together, so that no address contradicts itself.
const CITIES: readonly (readonly [string, Country])[] = [
  ['Hamburg', 'DE'],
  ['Leipzig', 'DE'],
  ['Lyon', 'FR'],
  ['Leeds', 'GB'],
  ['Gdańsk', 'PL'],
  ['Portland', 'US'],
];
const STREETS = ['Mill Lane', 'Weir Road', 'Bridge Street', 'River Walk', 'Lock Side'];

export function randomAddress(random: Random): Address {
  const [city, country] = pick(random, CITIES);
  return {
    street: `${integer(random, 1, 180)} ${pick(random, STREETS)}`,
    city,
    postcode: String(integer(random, 10_000, 99_999)),
    country,
  };
}
