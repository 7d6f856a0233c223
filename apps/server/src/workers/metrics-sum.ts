/** Figures of several processes as one, in the text format of Prometheus. */

type Family = { head: string[]; type: string; samples: Map<string, number> }

/** Of these the least counts: what is so of all of them. */
const leastOf = new Set(['cockpit_gateway_ready'])

/** Samples of the same name and labels are added up. */
export const sumOfMetrics = (texts: readonly string[]): string => {
  const families = new Map<string, Family>()
  for (const text of texts)
    for (const [name, { head, type, samples }] of familiesOf(text)) {
      const known = families.get(name)
      if (!known) families.set(name, { head, type, samples })
      else
        for (const [key, value] of samples) {
          const before = known.samples.get(key)
          const both = leastOf.has(name) ? Math.min(before ?? value, value) : (before ?? 0) + value
          known.samples.set(key, both)
        }
    }
  return textOf(families.values())
}

/** What only grows. */
export const withoutGauges = (text: string): string =>
  textOf([...familiesOf(text).values()].filter(({ type }) => type === 'counter' || type === 'histogram'))

const textOf = (families: Iterable<Family>): string =>
  [...families]
    .map(({ head, samples }) => [...head, ...[...samples].map(([key, value]) => `${key} ${value}`), ''].join('\n'))
    .join('')

const familiesOf = (text: string): Map<string, Family> => {
  const families = new Map<string, Family>()
  let current: Family | null = null
  for (const line of text.split('\n')) {
    const [, kind, name = '', type = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? []
    if (kind) {
      current = families.get(name) ?? { head: [], type: '', samples: new Map() }
      families.set(name, current)
      current.head.push(line)
      if (kind === 'TYPE') current.type = type
      continue
    }
    // the last space: values of labels may hold some
    const at = line.lastIndexOf(' ')
    if (at > 0) current?.samples.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return families
}
