/** A day as a sentence names it, in a time zone: "1 December 2026". */
export const dayOf = (instant: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone }).format(instant)
