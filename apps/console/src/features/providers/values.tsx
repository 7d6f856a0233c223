import type { ProviderConnection, ProviderKind, ProviderOptions } from '@cockpit/contract/providers'
import { None, RelativeTime, Row, StatusBadge } from '@cockpit/ui'
import { providerText as t } from './strings.ts'

/** Enough of a key to recognise it; the value itself never leaves the server. */
export const KeyMark = ({ secret }: { secret: ProviderConnection['secret'] }) =>
  secret ? (
    <Row gap={8} wrap={false}>
      <span className="ck-mono">{secret.masked}</span>
      <span className="ck-mono ck-muted ck-size-xs" title={`${t.fingerprint} ${secret.fingerprint}`}>
        {secret.fingerprint.slice(0, 12)}
      </span>
    </Row>
  ) : (
    <span className="ck-muted">{t.noKey}</span>
  )

export const LastTest = ({ test }: { test: ProviderConnection['lastTest'] }) =>
  test ? (
    <span title={test.reason ?? undefined}>
      <Row gap={8} wrap={false}>
        <StatusBadge status={test.ok ? 'ok' : 'failed'} label={test.ok ? t.works : t.fails} />
        <span className="ck-muted ck-size-xs">
          <RelativeTime at={test.at} />
        </span>
      </Row>
    </span>
  ) : (
    <span className="ck-muted">{t.never}</span>
  )

export const BaseUrl = ({ url }: { url: string | null }) =>
  url === null ? <None label={t.notNeeded} /> : <span className="ck-mono ck-size-xs">{url}</span>

/** What a form holds of the options of a kind. */
export const optionsOf = (kind: ProviderKind, apiVersion: string): ProviderOptions =>
  kind === 'azure' && apiVersion.trim() ? { apiVersion: apiVersion.trim() } : {}

export const hostOf = (url: string | null): string => {
  try {
    return url ? new URL(url).host : ''
  } catch {
    return url ?? ''
  }
}

/** When the server gives up on a live test. */
export const testMostMs = 10_000
