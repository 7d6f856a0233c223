import { BareFrame, Button, Stack } from '@cockpit/ui'
import { useEffect } from 'react'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { SignInFailure } from './sign-in-failure.tsx'
import { tellConfirmed } from './sso-proof.ts'

const t = messages('confirmed', {
  title: 'Confirm that it is you',
  done: 'Confirmed. You can close this window and go on where you were.',
  close: 'Close this window',
})

/** Where a window that was opened to prove again who one is arrives; the page that opened it goes on. */
export const ConfirmedPage = () => {
  const { search } = useSearchState()
  useEffect(() => {
    document.title = `${t.title} · Cockpit`
    if (search.error) return
    tellConfirmed()
    window.close()
  }, [search.error])
  return (
    <BareFrame>
      <Stack gap={16}>
        <h1>{t.title}</h1>
        {search.error ? (
          <SignInFailure error={search.error} request={search.request} />
        ) : (
          <p className="ck-flat">{t.done}</p>
        )}
        <Button onClick={() => window.close()}>{t.close}</Button>
      </Stack>
    </BareFrame>
  )
}
