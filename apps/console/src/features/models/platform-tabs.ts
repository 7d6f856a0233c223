import type { TabLink } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { modelText as t } from './strings.ts'

export const usePlatformTabs = (active: 'catalog' | 'eligibility'): TabLink[] => {
  const { href } = useScope()
  return [
    { href: href('models'), label: t.catalog, active: active === 'catalog' },
    { href: href('models/eligibility'), label: t.eligibility, active: active === 'eligibility' },
  ]
}
