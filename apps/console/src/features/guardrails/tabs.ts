import { usePathname } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { guardText as t } from './strings.ts'

/** The pages of guardrails beside one another. */
export const useGuardrailTabs = () => {
  const { href } = useScope()
  const pathname = usePathname()
  return [
    { path: 'guardrails', label: t.list },
    { path: 'guardrails/test', label: t.bench },
    { path: 'guardrails/findings', label: t.findings },
    { path: 'guardrails/services', label: t.services },
  ].map(({ path, label }) => ({ href: href(path), label, active: pathname === href(path) }))
}
