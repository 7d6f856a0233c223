/** A text as JSON writes it. Most need no escape, and to see that costs less than to look for one. */
export const quoted = (text: string): string => (isPlain.test(text) ? `"${text}"` : JSON.stringify(text))

const isPlain = /^[\w .,:;()'/-]*$/
