import { usePathname } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { t, workText } from './strings.ts'

/** The pages of limits beside one another; what runs use belongs to an account. */
export const useLimitTabs = () => {
  const { href, accountId } = useScope()
  const pathname = usePathname()
  const pages = [
    { path: 'limits', label: t.title },
    { path: 'limits/work', label: workText.tab },
  ]
  return (accountId === null ? pages.slice(0, 1) : pages).map(({ path, label }) => ({
    href: href(path),
    label,
    active: pathname === href(path),
  }))
}
