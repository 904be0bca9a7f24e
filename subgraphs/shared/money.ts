export type Currency = 'EUR' | 'GBP' | 'USD';

export interface Money {
  readonly amount: number;
  readonly currency: Currency;
}

// Fixed rates: an example whose totals moved with the market could not be tested.
const RATE_FROM_EUR: Readonly<Record<Currency, number>> = { EUR: 1, GBP: 0.85, USD: 1.1 };

/** Rounds to whole cents, so that sums of floats print as people expect them. */
export function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}

/** Prices are kept in EUR, as the catalogue has them, and shown in what the caller asks for. */
export function fromEur(amountEur: number, currency: Currency): Money {
  return { amount: cents(amountEur * RATE_FROM_EUR[currency]), currency };
}
