import {
  Badge,
  Button,
  FilesButton,
  IconButton,
  IconPaperclip,
  IconPlayerPlay,
  IconPlayerStop,
  IconX,
  modKey,
  Row,
  Stack,
  Textarea,
  toast,
} from '@cockpit/ui'
import type { KeyboardEvent } from 'react'
import { t } from './strings.ts'
import type { Picture } from './use-lab.ts'

const picturesMax = 4
const pictureBytesMax = 4_000_000

/** The prompt and what goes with it. ⌘⏎ runs it, Esc stops all answers. */
export const Composer = ({
  prompt,
  onPrompt,
  pictures,
  onPictures,
  blind,
  busy,
  ready,
  onRun,
  onStop,
}: {
  prompt: string
  onPrompt: (text: string) => void
  pictures: readonly Picture[]
  onPictures: (pictures: readonly Picture[]) => void
  /** Names of chosen models that take no pictures. */
  blind: readonly string[]
  busy: boolean
  ready: boolean
  onRun: () => void
  onStop: () => void
}) => {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && busy) onStop()
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return
    event.preventDefault()
    if (ready && !busy) onRun()
  }
  const add = async (files: readonly File[]) => {
    const large = files.find(({ size }) => size > pictureBytesMax)
    if (large) toast.error(t.attachTooLarge(large.name))
    const fitting = files.filter(({ size }) => size <= pictureBytesMax)
    onPictures([...pictures, ...(await Promise.all(fitting.map(pictureOf)))].slice(0, picturesMax))
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (ready && !busy) onRun()
      }}
      onKeyDown={onKeyDown}
    >
      <Stack gap={8}>
        <Textarea
          label={t.prompt}
          hideLabel
          placeholder={t.promptPlaceholder}
          rows={3}
          rowsMax={8}
          value={prompt}
          onChange={onPrompt}
        />
        <Row justify="between">
          <Row gap={8}>
            <FilesButton
              label={t.attach}
              icon={<IconPaperclip size={14} aria-hidden />}
              accept="image/png,image/jpeg,image/webp,image/gif"
              disabled={blind.length > 0 || pictures.length >= picturesMax}
              onFiles={(files) => void add(files)}
            />
            {blind.length > 0 && pictures.length === 0 ? (
              <span className="ck-help">{t.attachNot(blind.join(', '))}</span>
            ) : (
              <Pictures pictures={pictures} onPictures={onPictures} />
            )}
          </Row>
          <Row gap={12}>
            <span className="ck-help">{t.keys(modKey('⏎'))}</span>
            {busy ? (
              <Button icon={<IconPlayerStop size={14} aria-hidden />} onClick={onStop}>
                {t.stopAll}
              </Button>
            ) : (
              <Button type="submit" kind="primary" icon={<IconPlayerPlay size={14} aria-hidden />} disabled={!ready}>
                {t.run}
              </Button>
            )}
          </Row>
        </Row>
      </Stack>
    </form>
  )
}

const Pictures = ({
  pictures,
  onPictures,
}: {
  pictures: readonly Picture[]
  onPictures: (pictures: readonly Picture[]) => void
}) => (
  <>
    {pictures.map((picture) => (
      <Row key={picture.url} gap={0} wrap={false}>
        <Badge>{picture.name}</Badge>
        <IconButton
          label={t.detach(picture.name)}
          icon={<IconX size={12} />}
          onClick={() => onPictures(pictures.filter((one) => one !== picture))}
        />
      </Row>
    ))}
  </>
)

const pictureOf = (file: File): Promise<Picture> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () =>
      resolve({
        name: file.name.slice(0, 200) || 'picture',
        type: file.type,
        bytes: file.size,
        url: String(reader.result),
      })
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
