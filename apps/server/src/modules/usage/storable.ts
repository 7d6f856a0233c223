/**
 * JSON text as PostgreSQL can store it: NUL and halves of surrogate pairs, which callers and providers may send and no
 * database takes, become the sign for what cannot be read. One such character must not hold up everybody's bill.
 */
export const storable = (json: string): string =>
  // JSON.stringify writes them as escapes and nothing else as such, so text without escapes is left alone
  json.includes('\\u0000') || json.includes('\\ud') ? json.replace(unstorable, replaced) : json

/** An escaped backslash is matched too, so that what follows it is not taken for an escape. */
const unstorable = /\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g
const replaced = (found: string) => (found === '\\\\' ? found : '\\ufffd')
