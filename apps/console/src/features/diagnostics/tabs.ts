import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

export const useDiagnosticsTabs = (active: 'refused' | 'provider') => {
  const { href } = useScope()
  return [
    { label: t.tabRefused, href: href('diagnostics'), active: active === 'refused' },
    { label: t.tabProvider, href: href('diagnostics/provider'), active: active === 'provider' },
  ]
}
