import type { MeContext } from '@cockpit/contract/identity'
import { Button, ProblemAlert, Stack } from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { askPasskey, passkeysWork } from '../../app/passkeys.ts'

const t = messages('passkeySignIn', { use: 'Use a passkey instead' })

/** Signs in without e-mail and password. Absent where the browser cannot. */
export const PasskeySignIn = ({ onSignedIn }: { onSignedIn: (me: MeContext) => void }) => {
  const ask = useMutation({
    mutationFn: async () => {
      const { identity } = apiFor(null)
      const { challenge, options } = await identity.passkeySignInOptions()
      const credential = await askPasskey(options)
      if (credential) onSignedIn(await identity.signInWithPasskey({ body: { challenge, credential } }))
    },
  })
  if (!passkeysWork()) return null
  return (
    <Stack>
      <Button loading={ask.isPending} onClick={() => ask.mutate()}>
        {t.use}
      </Button>
      <ProblemAlert error={ask.error} />
    </Stack>
  )
}
