import { expect, test } from 'vitest'
import { ssoRequired, standingOf, suspended, within } from './model.ts'
import { standingCases } from './standing.testing.ts'

test.each(standingCases)('$given, asks for $asks: $acts', ({ memberships, cameBy = null, asks, acts, refused }) => {
  const counting = within(cameBy, memberships)
  const { home, platform, ...standing } = standingOf(counting, asks ?? null)
  const refusal = ssoRequired(memberships, counting) ?? (standing.suspended ? suspended() : null)
  expect({ acts: home?.accountId ?? null, platform, refused: refusal?.code }).toEqual({ acts, platform: null, refused })
})
