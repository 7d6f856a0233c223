import type { IssuedKey } from '@cockpit/contract/keys'
import { FormBody, TextField, useForm } from '@cockpit/ui'
import { useState } from 'react'
import type { z } from 'zod'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { isNotMember, JoinAccount } from '../session/join-account.tsx'
import type { StepProps } from './step.ts'

const t = messages('setupKey', {
  name: 'Name',
  help: 'Says later what it is for, e.g. the program that uses it.',
  needed: 'is required',
  submit: 'Issue key',
})

type Props = StepProps & { onIssued: (issued: z.infer<typeof IssuedKey>) => void }

export const KeyStep = ({ progress: { account, me }, onDone, onCancel, onIssued }: Props) => {
  const accountId = account?.id ?? ''
  const [outside, setOutside] = useState(false)
  const form = useForm({
    initial: { name: '' },
    check: ({ name }) => (name.trim() ? {} : { name: t.needed }),
    submit: async ({ name }) => {
      try {
        onIssued(await apiFor(accountId).keys.create({ body: { name } }))
      } catch (error) {
        if (isNotMember(error)) setOutside(true)
        throw error
      }
      await onDone()
    },
  })
  if (outside && account && me)
    return <JoinAccount accountId={accountId} name={account.name} me={me} onJoined={() => setOutside(false)} />
  return (
    <FormBody form={form} submitLabel={t.submit} {...(onCancel ? { onCancel } : {})}>
      <TextField label={t.name} help={t.help} required autoFocus {...form.field('name')} />
    </FormBody>
  )
}
