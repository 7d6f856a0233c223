import type { TabLink } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

export const useLabTabs = (active: 'compare' | 'history'): TabLink[] => {
  const { href } = useScope()
  return [
    { href: href('lab'), label: t.tabCompare, active: active === 'compare' },
    { href: href('lab/history'), label: t.tabHistory, active: active === 'history' },
  ]
}
