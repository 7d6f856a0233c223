import type { Model } from '@cockpit/contract/models'
import { Button, useNavigation } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { compareMost } from './compare-page.tsx'
import { modelText as t } from './strings.ts'

/** Puts the selected models beside each other, where they are not too many. */
export const CompareButton = ({ models }: { models: readonly Model[] }) => {
  const { href } = useScope()
  const { navigate } = useNavigation()
  const tooMany = models.length > compareMost
  return (
    <Button
      disabled={tooMany}
      onClick={() => navigate(href(`models/compare?ids=${models.map(({ id }) => id).join(',')}`))}
    >
      {tooMany ? t.compareMost : t.compare}
    </Button>
  )
}
