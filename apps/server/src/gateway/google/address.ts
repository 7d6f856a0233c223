/** Addresses of Gemini's API: `/v1beta/models/{model}:{method}`, and `/v1beta/models` for the list. */

const methods = [
  'generateContent',
  'streamGenerateContent',
  'countTokens',
  'embedContent',
  'batchEmbedContents',
] as const
export type GoogleMethod = (typeof methods)[number]
export type GoogleAddress = { model: string; method: GoogleMethod }

const modelsPath = '/v1beta/models'
/** Google's clients ask here too; others do so in other languages, and only the key tells them apart. */
const sharedPath = '/v1/models'
const callPath = /^\/v1(?:beta)?\/models\/(.+):(\w+)$/

/** Names of models hold slashes and colons of their own: the method stands behind the last colon. */
export const googleCallAt = (path: string): GoogleAddress | null => {
  if (!path.startsWith('/v1')) return null
  const [, name = '', word = ''] = callPath.exec(path) ?? []
  const method = methods.find((one) => one === word)
  return method === undefined ? null : { model: decoded(name), method }
}

/** The list of models, or one of them; undefined for other addresses. */
export const googleModelAt = (path: string, withGooglesKey = false): { name: string | null } | undefined => {
  for (const list of withGooglesKey ? [modelsPath, sharedPath] : [modelsPath]) {
    if (path === list) return { name: null }
    if (path.startsWith(`${list}/`)) return { name: decoded(path.slice(list.length + 1)) }
  }
  return undefined
}

export const isGoogles = (path: string): boolean =>
  path.startsWith('/v1') && (googleCallAt(path) !== null || googleModelAt(path) !== undefined)

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
