import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

/** The name of an account by its id, as far as this person knows it. */
export const useAccountName = () => {
  const { me } = useScope()
  const names = new Map(me.accounts.map(({ id, name }) => [id, name]))
  return (id: string): string => (id === 'platform' ? t.platform : (names.get(id) ?? id))
}
