import { Select, TextField } from '@cockpit/ui'
import { t } from './strings.ts'

export type Expiry = 'never' | '7' | '30' | '90' | '365' | 'custom'
export type ExpiryValues = { expiry: Expiry; expiresAt: string }

const dayMs = 86_400_000

/** The moment chosen, or null for never. */
export const expiryOf = ({ expiry, expiresAt }: ExpiryValues, now: Date): string | null => {
  if (expiry === 'never') return null
  if (expiry === 'custom') return new Date(expiresAt).toISOString()
  return new Date(now.getTime() + Number(expiry) * dayMs).toISOString()
}

/** A stored moment as the form holds it, in the reader's zone. */
export const expiryValues = (at: string | null): ExpiryValues => {
  if (!at) return { expiry: 'never', expiresAt: '' }
  const local = new Date(at).getTime() - new Date(at).getTimezoneOffset() * 60_000
  return { expiry: 'custom', expiresAt: new Date(local).toISOString().slice(0, 16) }
}

export const checkExpiry = ({ expiry, expiresAt }: ExpiryValues): { expiresAt?: string } =>
  expiry === 'custom' && !expiresAt ? { expiresAt: t.required } : {}

type FieldOf<V> = { value: V; onChange: (value: V) => void; error: string | undefined; name: string }

export const ExpiryFields = ({ expiry, expiresAt }: { expiry: FieldOf<Expiry>; expiresAt: FieldOf<string> }) => (
  <>
    <Select<Expiry>
      label={t.expires}
      {...expiry}
      // the error belongs to the moment, which is below when it can be wrong
      error={expiry.value === 'custom' ? undefined : expiresAt.error}
      onChange={(next) => next && expiry.onChange(next)}
      options={[
        { value: 'never', label: t.never },
        { value: '7', label: t.days(7) },
        { value: '30', label: t.days(30) },
        { value: '90', label: t.days(90) },
        { value: '365', label: t.year },
        { value: 'custom', label: t.custom },
      ]}
    />
    {expiry.value === 'custom' && <TextField label={t.expiresAt} type="datetime-local" required {...expiresAt} />}
  </>
)
