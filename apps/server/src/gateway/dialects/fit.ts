/** Makes a request fit a server that speaks the dialect and does not take all of it, field by field in its bytes. */
import { eachField } from './edit.ts'
import { parseJson } from './json.ts'

export type Fit = {
  /** The only top-level fields it takes, by its own names; all that are not refused where absent. */
  readonly takes?: ReadonlySet<string>
  readonly refuses?: ReadonlySet<string>
  /** Its own names of fields. */
  readonly renames?: Readonly<Record<string, string>>
  readonly mends?: Readonly<Record<string, Mend>>
  /** Fields that it is told elsewhere, such as in the address: left out, and missed by nobody. */
  readonly elsewhere?: ReadonlySet<string>
  /** Fields that it wants with just these values, as JSON, whatever the caller writes. */
  readonly sets?: Readonly<Record<string, string>>
  /** It reports usage in every stream, and need not be asked. */
  readonly reportsUnasked?: true
}

/** A change inside of a field, looked for only where one of the marks stands in it; what becomes undefined is left out. */
export type Mend = { readonly marks: readonly string[]; readonly mend: (value: unknown) => unknown }

/** The caller loses nothing with these: what they ask for comes anyway. */
const unmissed = new Set(['stream_options'])

/** The same bytes where nothing must change; `dropped` names what the caller asked for and does not get. */
export function fitted(body: Buffer, fit: Fit): { body: Buffer; dropped: string[] } {
  const names = new Set<string>()
  eachField(body, ({ key }) => void names.add(key))
  const kept: Buffer[] = []
  const dropped = new Set<string>()
  const sets = Object.entries(fit.sets ?? {})
  let changed = sets.length > 0
  const keep = (name: string, value: Buffer) =>
    void kept.push(Buffer.from(`${kept.length > 0 ? ',' : ''}${JSON.stringify(name)}:`), value)
  eachField(body, ({ key, from, to }) => {
    const value = body.subarray(from, to)
    const name = nameFor(key, fit)
    const isKnown = fit.elsewhere?.has(name) || Object.hasOwn(fit.sets ?? {}, name)
    const mended = mendedValue(value, fit.mends?.[name])
    const isTaken = !isKnown && mended !== undefined && (fit.takes?.has(name) ?? true) && !fit.refuses?.has(name)
    // of two words for the same, the server's own is kept
    const isDouble = name !== key && names.has(name)
    if (!isTaken && !isKnown && !unmissed.has(key) && !value.equals(nullBytes)) dropped.add(key)
    changed ||= !isTaken || name !== key || mended !== value
    if (isTaken && !isDouble) keep(name, mended)
  })
  for (const [name, value] of sets) keep(name, Buffer.from(value))
  return { body: changed ? Buffer.concat([open, ...kept, close]) : body, dropped: [...dropped] }
}

const open = Buffer.from('{')
const close = Buffer.from('}')
const nullBytes = Buffer.from('null')

const nameFor = (key: string, { renames }: Fit): string =>
  renames !== undefined && Object.hasOwn(renames, key) ? (renames[key] ?? key) : key

function mendedValue(value: Buffer, mend: Mend | undefined): Buffer | undefined {
  if (!mend?.marks.some((mark) => value.includes(mark))) return value
  const mended = mend.mend(parseJson(value.toString('utf8')))
  return mended === undefined ? undefined : Buffer.from(JSON.stringify(mended))
}
