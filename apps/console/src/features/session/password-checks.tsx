import { checkPassword } from '@cockpit/contract/password-rules'
import type { PasswordRules } from '@cockpit/contract/security'
import { IconCheck, IconX } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'

const t = messages('passwordChecks', { label: 'A new password', kept: 'Kept:', open: 'Open:' })

type Rules = PasswordRules & { personal?: readonly string[] }

/** What a new password must be: of the reader, or of anybody who is not in yet. */
export const usePasswordRules = (of: 'own' | 'anybody'): Rules | undefined =>
  useQuery<Rules>({
    queryKey: ['password-rules', of],
    queryFn: ({ signal }) => {
      const { security } = apiFor(null)
      return of === 'own' ? security.ownPasswordRules({}, { signal }) : security.passwordRules({}, { signal })
    },
    staleTime: 60_000,
  }).data

/** The rules, and which of them what is typed keeps by now. The server says what accounts ask for beyond. */
export const PasswordChecks = ({ password, rules, personal = [] }: Checked) => {
  if (!rules) return null
  const found = checkPassword(password, rules, personal.length > 0 ? personal : (rules.personal ?? []))
  return (
    <ul className="ck-checks" aria-label={t.label}>
      {found.map(({ rule, text, kept }) => {
        const done = kept && password !== ''
        return (
          <li key={rule} className={done ? 'ck-check-kept' : 'ck-muted'}>
            {done ? <IconCheck size={14} aria-hidden /> : <IconX size={14} aria-hidden />}
            <span className="ck-hidden">{done ? t.kept : t.open}</span> {text}
          </li>
        )
      })}
    </ul>
  )
}
type Checked = { password: string; rules: Rules | undefined; personal?: readonly string[] }
