import { BareFrame, Button, ErrorState } from '@cockpit/ui'
import { Component, type ReactNode } from 'react'
import { messages } from './i18n.ts'

const t = messages('crash', {
  home: 'Go to the start',
  missing: 'This page does not exist',
  missingDetail: 'The address is wrong, or what it showed is gone.',
})

/** Catches what no page caught, so that nobody sees a blank screen. */
export class CrashBoundary extends Component<
  { fallback: (error: unknown) => ReactNode; children: ReactNode },
  { error: unknown }
> {
  override state: { error: unknown } = { error: null }
  static getDerivedStateFromError = (error: unknown) => ({ error })
  override render() {
    return this.state.error ? this.props.fallback(this.state.error) : this.props.children
  }
}

export const Crash = ({ error }: { error: unknown }) => (
  <BareFrame wide>
    <ErrorState
      page
      error={error}
      retry={() => window.location.reload()}
      action={<Button onClick={() => window.location.assign('/')}>{t.home}</Button>}
    />
  </BareFrame>
)

export const Missing = () => (
  <ErrorState
    page
    error={{ title: t.missing, detail: t.missingDetail, code: 'page.not_found', status: 404 }}
    action={<Button href="/">{t.home}</Button>}
  />
)

/** Outside of every account. */
export const MissingAlone = () => (
  <BareFrame>
    <Missing />
  </BareFrame>
)
