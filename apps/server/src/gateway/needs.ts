import { needOf } from '@cockpit/policy'
import type { Call } from './call.ts'
import { showsPictures } from './dialects/pictures.ts'
import { isMedia, type MediaOperation } from './providers/index.ts'

const embedding = needOf('embeddings')
const chat = needOf('chat')
const streaming = needOf('streaming')
const tools = needOf('tools')
const vision = needOf('vision')
const realtime = needOf('realtime')

const media: Readonly<Record<MediaOperation, number>> = {
  images: needOf('images'),
  image_edits: needOf('images'),
  speech: needOf('speech'),
  transcriptions: needOf('transcription'),
  translations: needOf('transcription'),
  rerank: needOf('rerank'),
}

/** What the model must be able to do for this call, as the policy counts it. */
export const neededBy = ({ operation, stream, scan }: Call): number => {
  if (operation === 'embeddings') return embedding
  if (isMedia(operation)) return media[operation]
  if (operation === 'realtime') return realtime
  // the catalog has no word for what judges a text
  if (operation === 'moderations') return 0
  return (
    chat |
    (stream ? streaming : 0) |
    (scan?.tools ? tools : 0) |
    (scan && scan.images > 0 && showsPictures(scan.body) ? vision : 0)
  )
}
