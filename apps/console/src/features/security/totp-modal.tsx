import { CodeBlock, FormBody, Loaded, Modal, Stack, TextField, useForm } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { renderSVG } from 'uqr'
import { apiFor } from '../../app/api.ts'
import { t } from './strings.ts'

type Done = (recoveryCodes: string[] | null) => Promise<void>

/** Sets up an authenticator app: the secret once, then its first code. */
export const TotpModal = ({ opened, onClose, onDone }: { opened: boolean; onClose: () => void; onDone: Done }) => (
  <Modal opened={opened} onClose={onClose} title={t.app}>
    {opened && <SetUp onDone={onDone} />}
  </Modal>
)

const SetUp = ({ onDone }: { onDone: Done }) => {
  const begun = useQuery({
    queryKey: ['begin-totp'],
    queryFn: () => apiFor(null).mfa.beginTotp(),
    // a second request would make another secret than the one that was scanned
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  })
  const form = useForm({
    initial: { code: '' },
    submit: async (body) => onDone((await apiFor(null).mfa.confirmTotp({ body })).recoveryCodes),
  })
  return (
    <Loaded data={begun.data} error={begun.error} retry={() => void begun.refetch()}>
      {({ secret, uri }) => (
        <Stack>
          <p className="ck-muted">{t.scan}</p>
          <img alt={t.qr} width={200} height={200} src={svgAddress(uri)} />
          <CodeBlock label={t.secret} snippets={[{ id: 'secret', label: t.secret, code: secret }]} />
          <FormBody form={form} submitLabel={t.confirm} wide>
            <TextField label={t.code} autoComplete="one-time-code" required {...form.field('code')} />
          </FormBody>
        </Stack>
      )}
    </Loaded>
  )
}

/** Dark on light in both colour schemes, as cameras want it. */
const svgAddress = (text: string) =>
  `data:image/svg+xml;utf8,${encodeURIComponent(renderSVG(text, { border: 2, whiteColor: '#fff', blackColor: '#000' }))}`
