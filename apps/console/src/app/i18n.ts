/**
 * The words on screen. A feature keeps its English in `messages('keys', { … })`; sentences with values are functions.
 * A translation is the same shape under the same name; what it lacks stays English.
 */
type Dictionary = Record<string, string | ((...values: never[]) => string | readonly string[])>

const translations: Record<string, Record<string, Dictionary>> = {}
const language = (navigator.language.split('-')[0] ?? 'en').toLowerCase()

export const messages = <const D extends Dictionary>(name: string, english: D): Readonly<D> => ({
  ...english,
  ...translations[language]?.[name],
})
