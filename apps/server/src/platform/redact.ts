/** Takes a secret out of words that somebody else wrote, in whatever form it stands there. */
export type Redact = (text: string) => string

const mask = '****'
/** What is shorter protects nothing, and its letters would be found in the middle of words. */
const secretCharsMin = 8

/** For the secret as it is, inside JSON, and inside an address. */
export const redactorOf = (secret: string | null): Redact => {
  if (secret === null || secret.length < secretCharsMin) return (text) => text
  const forms = [...new Set([secret, JSON.stringify(secret).slice(1, -1), urlForm(secret)])]
  return (text) => forms.reduce((clean, form) => clean.replaceAll(form, mask), text)
}

/** Half of a surrogate pair has no form in an address. */
const urlForm = (secret: string): string => (secret.isWellFormed() ? encodeURIComponent(secret) : secret)
