import { Button, IconPlus, Row, TextField } from '@cockpit/ui'
import { type KeyboardEvent, useState } from 'react'
import { messages } from '../../app/i18n.ts'

const t = messages('setupAddName', {
  label: 'A model that is not in the list',
  example: 'its name at the provider',
  add: 'Add',
  taken: 'is chosen already',
})

/** For providers that list nothing, or not everything. */
export const AddName = ({ taken, onAdd }: { taken: readonly string[]; onAdd: (name: string) => void }) => {
  const [name, setName] = useState('')
  const wanted = name.trim()
  const known = taken.includes(wanted)
  const add = () => {
    if (!wanted || known) return
    onAdd(wanted)
    setName('')
  }
  const addOnEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    add()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens to the field inside
    <div onKeyDown={addOnEnter}>
      <Row align="end">
        <TextField
          label={t.label}
          placeholder={t.example}
          mono
          value={name}
          onChange={setName}
          error={known ? t.taken : undefined}
        />
        <Button icon={<IconPlus size={14} aria-hidden />} onClick={add} disabled={!wanted || known}>
          {t.add}
        </Button>
      </Row>
    </div>
  )
}
